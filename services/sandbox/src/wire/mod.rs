//! From an HTTP request to an operation, and from an answer to an HTTP response.
//!
//! The protocol is told from the body: JSON requests name their operation in `X-Amz-Target`, the
//! query protocols carry `Action` and `Version`. The region comes from the credential scope of
//! the signature, which is not checked.

pub(crate) mod tree;
pub(crate) mod xml;

#[cfg(test)]
mod tests;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::Parameters;
use crate::service::Service;

use tree::Tree;

const ELBV2_NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";
const EC2_NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// A request that has been understood.
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) region: Option<String>,
    pub(crate) parameters: Parameters,
}

/// A request that could not be understood, in the protocol that it seemed to speak.
#[derive(Debug)]
pub(crate) struct Misunderstood {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) error: ApiError,
}

/// Reads service, operation, region and parameters.
pub(crate) fn understand(
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Call, Misunderstood> {
    let region = credential_scope(headers).map(|(region, _)| region.to_owned());
    match headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
    {
        Some(target) => understand_json(target, region, body),
        None => understand_query(headers, query, region, body),
    }
}

fn understand_json(
    target: &str,
    region: Option<String>,
    body: &[u8],
) -> Result<Call, Misunderstood> {
    let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
    let service = match prefix {
        "CertificateManager" => Service::Acm,
        "ResourceGroupsTaggingAPI_20170126" => Service::Tagging,
        _ => {
            return Err(Misunderstood {
                service: Service::Acm,
                operation: operation.to_owned(),
                error: Service::Acm.unknown_operation(target),
            });
        }
    };
    let parameters = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body).map_err(|error| Misunderstood {
            service,
            operation: operation.to_owned(),
            error: ApiError::new("SerializationException", error.to_string()),
        })?
    };
    Ok(Call {
        service,
        operation: operation.to_owned(),
        region,
        parameters: Parameters::Json(parameters),
    })
}

fn understand_query(
    headers: &HeaderMap,
    query: Option<&str>,
    region: Option<String>,
    body: &[u8],
) -> Result<Call, Misunderstood> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .chain(form_urlencoded::parse(body));
    let mut action = String::new();
    let mut version = String::new();
    let mut rest = Vec::new();
    for (name, value) in pairs {
        match name.as_ref() {
            "Action" => action = value.into_owned(),
            "Version" => version = value.into_owned(),
            _ => rest.push((name.into_owned(), value.into_owned())),
        }
    }
    let service = match version.as_str() {
        "2015-12-01" => Some(Service::Elbv2),
        "2016-11-15" => Some(Service::Ec2),
        "2011-06-15" => Some(Service::Sts),
        "" => match credential_scope(headers).map(|(_, service)| service) {
            Some("elasticloadbalancing") => Some(Service::Elbv2),
            Some("ec2") => Some(Service::Ec2),
            Some("sts") => Some(Service::Sts),
            _ => None,
        },
        _ => None,
    };
    let Some(service) = service else {
        return Err(Misunderstood {
            service: Service::Elbv2,
            error: ApiError::new(
                "InvalidAction",
                format!("Could not find operation {action} for version {version}"),
            ),
            operation: action,
        });
    };
    if action.is_empty() {
        return Err(Misunderstood {
            service,
            operation: action,
            error: ApiError::new("MissingAction", "The request must contain an action"),
        });
    }
    match Tree::from_pairs(rest) {
        Ok(tree) => Ok(Call {
            service,
            operation: action,
            region,
            parameters: Parameters::Query(tree),
        }),
        Err(error) => Err(Misunderstood {
            service,
            operation: action,
            error: service.invalid(&error.to_string()),
        }),
    }
}

/// Region and service of `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn credential_scope(headers: &HeaderMap) -> Option<(&str, &str)> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let mut parts = credential.split([',', ' ']).next()?.split('/').skip(2);
    let region = parts.next()?;
    let service = parts.next()?;
    (!region.is_empty()).then_some((region, service))
}

/// The response to a call, in its service's protocol.
pub(crate) fn respond(
    service: Service,
    operation: &str,
    request_id: &str,
    answer: &Result<Value, ApiError>,
) -> Response<Body> {
    let (content_type, status, body) = match (service, answer) {
        (Service::Elbv2 | Service::Sts, Ok(value)) => (
            "text/xml",
            200,
            query_answer(service, operation, request_id, value),
        ),
        (Service::Elbv2 | Service::Sts, Err(error)) => (
            "text/xml",
            error.status,
            query_error(service, request_id, error),
        ),
        (Service::Ec2, Ok(value)) => (
            "text/xml;charset=UTF-8",
            200,
            ec2_answer(operation, request_id, value),
        ),
        (Service::Ec2, Err(error)) => (
            "text/xml;charset=UTF-8",
            error.status,
            ec2_error(request_id, error),
        ),
        (Service::Acm | Service::Tagging, Ok(value)) => {
            ("application/x-amz-json-1.1", 200, value.to_string())
        }
        (Service::Acm | Service::Tagging, Err(error)) => (
            "application/x-amz-json-1.1",
            error.status,
            json!({"__type": error.code, "message": error.message}).to_string(),
        ),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    response
}

fn query_answer(service: Service, operation: &str, request_id: &str, value: &Value) -> String {
    let namespace = namespace(service);
    let mut out = format!("<{operation}Response xmlns=\"{namespace}\">");
    xml::write_element(&mut out, &format!("{operation}Result"), value, "member");
    xml::write_element(
        &mut out,
        "ResponseMetadata",
        &json!({"RequestId": request_id}),
        "member",
    );
    out + "</" + operation + "Response>"
}

fn query_error(service: Service, request_id: &str, error: &ApiError) -> String {
    let namespace = namespace(service);
    let fault = if error.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    let mut out = format!("<ErrorResponse xmlns=\"{namespace}\">");
    let body = json!({"Type": fault, "Code": error.code, "Message": error.message});
    xml::write_element(&mut out, "Error", &body, "member");
    xml::write_element(&mut out, "RequestId", &json!(request_id), "member");
    out.push_str("</ErrorResponse>");
    out
}

fn ec2_answer(operation: &str, request_id: &str, value: &Value) -> String {
    let mut out = format!("<{operation}Response xmlns=\"{EC2_NAMESPACE}\">");
    xml::write_element(&mut out, "requestId", &json!(request_id), "item");
    xml::write_members(&mut out, value, "item");
    out + "</" + operation + "Response>"
}

fn ec2_error(request_id: &str, error: &ApiError) -> String {
    let mut out = String::from("<Response>");
    let body = json!({"Error": {"Code": error.code, "Message": error.message}});
    xml::write_element(&mut out, "Errors", &body, "item");
    xml::write_element(&mut out, "RequestID", &json!(request_id), "item");
    out.push_str("</Response>");
    out
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => STS_NAMESPACE,
        Service::Elbv2 | Service::Ec2 | Service::Acm | Service::Tagging => ELBV2_NAMESPACE,
    }
}
