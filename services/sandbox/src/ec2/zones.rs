//! Regions and their zones.

use serde_json::json;

use crate::operation::{Answer, Request};
use crate::state::State;
use crate::tags::Tags;

use super::describe::{Item, SecondId, describe, describe_by};

/// Those that every account has without opting in ("Regions", AWS Regions and Availability
/// Zones). The sandbox answers for any other, too.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

pub(crate) fn availability_zones(state: &State, request: &Request) -> Answer {
    let none = Tags::new();
    let region = &state.region;
    let zones = state.network.zones.iter().map(|zone| Item {
        id: &zone.name,
        tags: &none,
        fields: vec![
            ("zone-name", vec![zone.name.clone()]),
            ("zone-id", vec![zone.id.clone()]),
            ("region-name", vec![region.clone()]),
            ("state", vec!["available".to_owned()]),
            ("zone-type", vec!["availability-zone".to_owned()]),
            ("opt-in-status", vec!["opt-in-not-required".to_owned()]),
        ],
        shown: json!({
            "zoneName": zone.name,
            "zoneId": zone.id,
            "regionName": region,
            "zoneState": "available",
            "zoneType": "availability-zone",
            "optInStatus": "opt-in-not-required",
            "groupName": region,
            "networkBorderGroup": region,
            "messageSet": [],
        }),
    });
    let by_id = SecondId {
        field: "zone-id",
        not_found: "InvalidParameterValue",
    };
    describe_by(
        request,
        "availabilityZoneInfo",
        "InvalidParameterValue",
        Some(by_id),
        zones,
    )
}

pub(crate) fn regions(_state: &State, request: &Request) -> Answer {
    let none = Tags::new();
    let regions = REGIONS.iter().map(|name| {
        let endpoint = format!("ec2.{name}.amazonaws.com");
        Item {
            id: name,
            tags: &none,
            fields: vec![
                ("region-name", vec![(*name).to_owned()]),
                ("endpoint", vec![endpoint.clone()]),
                ("opt-in-status", vec!["opt-in-not-required".to_owned()]),
            ],
            shown: json!({
                "regionName": name,
                "regionEndpoint": endpoint,
                "optInStatus": "opt-in-not-required",
            }),
        }
    });
    describe(request, "regionInfo", "InvalidParameterValue", regions)
}
