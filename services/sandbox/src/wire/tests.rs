use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::Parameters;
use crate::service::Service;

use super::tree::Tree;
use super::{understand, xml};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    name: Option<String>,
    count: Option<i64>,
    flag: Option<bool>,
    values: Vec<String>,
    nested: Vec<Nested>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
struct Nested {
    key: String,
    values: Vec<String>,
}

fn read(body: &str) -> Result<Asked, String> {
    let pairs = form_urlencoded::parse(body.as_bytes()).into_owned();
    let tree = Tree::from_pairs(pairs).map_err(|error| error.to_string())?;
    Asked::deserialize(&tree).map_err(|error| error.to_string())
}

#[test]
fn text_numbers_and_booleans_are_read_as_asked() {
    let asked = read("Name=5&Count=5&Flag=true").unwrap();
    let wanted = Asked {
        name: Some("5".to_owned()),
        count: Some(5),
        flag: Some(true),
        ..Asked::default()
    };
    assert_eq!(asked, wanted);
}

#[test]
fn lists_go_by_number_with_and_without_member() {
    let wanted = ["a", "b"].map(str::to_owned).to_vec();
    let query = read("Values.member.2=b&Values.member.1=a").unwrap();
    assert_eq!(query.values, wanted);
    let ec2 = read("Values.1=a&Values.2=b").unwrap();
    assert_eq!(ec2.values, wanted);
}

#[test]
fn the_tenth_comes_after_the_second() {
    let body: Vec<String> = (1..=12)
        .map(|n| format!("Values.member.{n}=v{n}"))
        .collect();
    let asked = read(&body.join("&")).unwrap();
    assert_eq!(asked.values[1], "v2");
    assert_eq!(asked.values[9], "v10");
}

#[test]
fn lists_nest() {
    let asked = read("Nested.member.1.Key=k&Nested.member.1.Values.member.1=v").unwrap();
    let wanted = Nested {
        key: "k".to_owned(),
        values: vec!["v".to_owned()],
    };
    assert_eq!(asked.nested, [wanted]);
}

#[test]
fn nothing_after_the_name_of_a_list_is_an_empty_list() {
    assert_eq!(read("Values=").unwrap().values, Vec::<String>::new());
}

#[test]
fn what_cannot_be_read_is_named() {
    for (body, named) in [
        ("Colour=red", "Colour"),
        ("Count=five", "five"),
        ("Name=a&Name=b", "Name"),
        ("Values=x&Values.member.1=y", "Values"),
        ("Values.member.1=y&Values.member.1.Key=z", "Values"),
        ("Name.member.1=a", "string"),
        ("A.B.C.D.E.F.G.H.I.J.K.L.M.N.O.P.Q=1", "deep"),
    ] {
        let error = read(body).expect_err(body);
        assert!(error.contains(named), "{body}: {error}");
    }
}

fn understood(headers: &[(&'static str, &str)], body: &str) -> Result<(Service, String), String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    match understand(&map, None, body.as_bytes()) {
        Ok(call) => {
            let region = call.region.unwrap_or_default();
            Ok((call.service, format!("{} {region}", call.operation)))
        }
        Err(misunderstood) => Err(misunderstood.error.code.into_owned()),
    }
}

const SIGNED: (&str, &str) = (
    "authorization",
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, \
     Signature=0",
);

#[test]
fn the_version_tells_the_service() {
    for (version, service) in [
        ("2015-12-01", Service::Elbv2),
        ("2016-11-15", Service::Ec2),
        ("2011-06-15", Service::Sts),
    ] {
        let body = format!("Action=X&Version={version}");
        assert_eq!(understood(&[], &body), Ok((service, "X ".to_owned())));
    }
}

#[test]
fn the_signature_tells_the_region_and_without_a_version_the_service() {
    let found = understood(&[SIGNED], "Action=DescribeVpcs");
    assert_eq!(
        found,
        Ok((Service::Ec2, "DescribeVpcs eu-west-1".to_owned()))
    );
}

#[test]
fn the_target_tells_a_json_service() {
    let acm = ("x-amz-target", "CertificateManager.ListCertificates");
    assert_eq!(
        understood(&[acm], "{}"),
        Ok((Service::Acm, "ListCertificates ".to_owned()))
    );
    let tagging = (
        "x-amz-target",
        "ResourceGroupsTaggingAPI_20170126.GetResources",
    );
    assert_eq!(
        understood(&[tagging], ""),
        Ok((Service::Tagging, "GetResources ".to_owned()))
    );
}

#[test]
fn services_outside_are_unknown() {
    let waf = ("x-amz-target", "AWSWAF_20190729.GetWebACLForResource");
    assert_eq!(
        understood(&[waf], "{}"),
        Err("UnknownOperationException".to_owned())
    );
    assert_eq!(
        understood(&[], "Action=X&Version=2010-05-08"),
        Err("InvalidAction".to_owned())
    );
    assert_eq!(
        understood(&[], "Version=2015-12-01"),
        Err("MissingAction".to_owned())
    );
}

#[test]
fn json_that_is_none_is_refused() {
    let acm = ("x-amz-target", "CertificateManager.ListCertificates");
    assert_eq!(
        understood(&[acm], "{"),
        Err("SerializationException".to_owned())
    );
}

#[test]
fn an_empty_json_body_is_an_empty_object() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-amz-target",
        HeaderValue::from_static("CertificateManager.ListCertificates"),
    );
    let call = understand(&headers, None, b"").ok().unwrap();
    assert!(matches!(call.parameters, Parameters::Json(value) if value == json!({})));
}

fn written(value: &Value, wanted: &str) {
    let mut out = String::new();
    xml::write_members(&mut out, value, "member");
    assert_eq!(out, wanted);
}

#[test]
fn members_become_elements() {
    written(
        &json!({"A": "x", "B": 1, "C": true, "D": null}),
        "<A>x</A><B>1</B><C>true</C>",
    );
    written(
        &json!({"A": ["x", {"B": "y"}]}),
        "<A><member>x</member><member><B>y</B></member></A>",
    );
    written(&json!({"A": []}), "<A></A>");
}

#[test]
fn entries_of_a_map_repeat() {
    written(
        &json!({"M": {"entry": [{"key": "k", "value": "v"}, {"key": "l", "value": "w"}]}}),
        "<M><entry><key>k</key><value>v</value></entry><entry><key>l</key><value>w</value></entry></M>",
    );
}

#[test]
fn text_is_escaped() {
    written(
        &json!({"A": "<&>\"'\r\u{1}"}),
        "<A>&lt;&amp;&gt;&quot;'&#13;\u{fffd}</A>",
    );
}

#[tokio::test]
async fn errors_take_each_service_s_shape() {
    let error = Err(ApiError::new("Code", "a < b"));
    for (service, wanted) in [
        (
            Service::Elbv2,
            "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
             <Error><Code>Code</Code><Message>a &lt; b</Message><Type>Sender</Type></Error>\
             <RequestId>id</RequestId></ErrorResponse>",
        ),
        (
            Service::Ec2,
            "<Response><Errors><Error><Code>Code</Code><Message>a &lt; b</Message></Error>\
             </Errors><RequestID>id</RequestID></Response>",
        ),
        (Service::Acm, r#"{"__type":"Code","message":"a < b"}"#),
    ] {
        let response = super::respond(service, "X", "id", &error);
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["x-amzn-requestid"], "id");
        let body = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&body), wanted);
    }
}
