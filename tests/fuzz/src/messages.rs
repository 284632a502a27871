//! A message of every kind, filled in as its descriptor says: seeds for contracts that no golden reaches.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// Messages within messages, at most.
const MOST_DEPTH: usize = 12;

/// Every message and enum of the contracts, by its full name.
pub struct Contracts {
    messages: BTreeMap<String, DescriptorProto>,
    enums: BTreeMap<String, EnumDescriptorProto>,
}

impl Contracts {
    /// Of our own descriptors.
    pub fn ours() -> Self {
        let mut contracts = Self {
            messages: BTreeMap::new(),
            enums: BTreeMap::new(),
        };
        let files = FileDescriptorSet::decode(tributary_proto::FILE_DESCRIPTOR_SET);
        for file in files.expect("our own descriptors").file {
            let package = format!(".{}", file.package());
            for message in file.message_type {
                contracts.enter(&package, message);
            }
            for kind in file.enum_type {
                contracts
                    .enums
                    .insert(format!("{package}.{}", kind.name()), kind);
            }
        }
        contracts
    }

    /// The field of a message that has this number.
    pub fn field(&self, message: &str, number: u64) -> Option<&FieldDescriptorProto> {
        let fields = &self.messages.get(message)?.field;
        fields.iter().find(|field| field.number() as u64 == number)
    }

    /// A message with all its fields; of fields that exclude one another, the one that `choice` says.
    pub fn filled(&self, name: &str, choice: usize) -> Vec<u8> {
        let mut written = Vec::new();
        self.fill(name, choice, 0, &mut written);
        written
    }

    fn enter(&mut self, within: &str, message: DescriptorProto) {
        let name = format!("{within}.{}", message.name());
        for inner in &message.nested_type {
            self.enter(&name, inner.clone());
        }
        for kind in &message.enum_type {
            self.enums
                .insert(format!("{name}.{}", kind.name()), kind.clone());
        }
        self.messages.insert(name, message);
    }

    fn fill(&self, name: &str, choice: usize, depth: usize, written: &mut Vec<u8>) {
        let Some(message) = self.messages.get(name) else {
            return;
        };
        for field in &message.field {
            let chosen = match field.oneof_index {
                Some(oneof) if !field.proto3_optional() => {
                    let choices: Vec<i32> = message
                        .field
                        .iter()
                        .filter(|other| other.oneof_index == Some(oneof))
                        .map(FieldDescriptorProto::number)
                        .collect();
                    choices[choice % choices.len()] == field.number()
                }
                _ => true,
            };
            // What may be absent is so every third time: some fields do not fit one another.
            let optional = field.proto3_optional() || field.label() == Label::Repeated;
            let left_out = optional && (choice + field.number() as usize).is_multiple_of(3);
            if chosen && !left_out {
                self.value(field, choice, depth, written);
            }
        }
    }

    fn value(
        &self,
        field: &FieldDescriptorProto,
        choice: usize,
        depth: usize,
        written: &mut Vec<u8>,
    ) {
        let tag = field.number() as u64;
        let mut number = |wire: u64, number: u64| {
            prost::encoding::encode_varint(tag << 3 | wire, written);
            prost::encoding::encode_varint(number, written);
        };
        match field.r#type() {
            Type::String | Type::Bytes => {
                let text = text(field.name(), choice);
                number(2, text.len() as u64);
                written.extend(text.as_bytes());
            }
            Type::Message if depth < MOST_DEPTH => {
                let mut inner = Vec::new();
                self.fill(field.type_name(), choice, depth + 1, &mut inner);
                number(2, inner.len() as u64);
                written.extend(inner);
            }
            Type::Enum => {
                let values = self
                    .enums
                    .get(field.type_name())
                    .map_or(1, |it| it.value.len());
                // 0 is "unspecified".
                number(0, 1 + (choice % (values - 1).max(1)) as u64);
            }
            Type::Bool => number(0, (choice % 2) as u64),
            Type::Message | Type::Group | Type::Double | Type::Float => {}
            Type::Fixed64 | Type::Sfixed64 | Type::Fixed32 | Type::Sfixed32 => {}
            Type::Int64
            | Type::Uint64
            | Type::Int32
            | Type::Uint32
            | Type::Sint32
            | Type::Sint64 => number(0, 80),
        }
    }
}

fn text(field: &str, choice: usize) -> &'static str {
    match field {
        "hostname" | "hostnames" | "server_name" => "a.example.com",
        "protocol" => ["HTTP", "HTTPS", "TLS", "TCP", "UDP"][choice % 5],
        "address" | "ip" | "addresses" => "10.0.0.1",
        _ => "a",
    }
}
