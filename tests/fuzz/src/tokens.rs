//! Messages of protobuf written so that their lengths are always right: a message within a message ends with a mark.

use prost_types::field_descriptor_proto::Type;

use crate::bytes::Bytes;
use crate::messages::Contracts;

/// Deeper than any contract, and than prost reads.
const MOST_DEPTH: usize = 110;

const END: u8 = 0;
const VARINT: u8 = 1;
const TEXT: u8 = 2;
const OPEN: u8 = 3;
const FIXED_64: u8 = 4;
const FIXED_32: u8 = 5;

/// A message within which another one is written.
struct Outer<'a> {
    name: &'a str,
    field: u64,
    written: Vec<u8>,
}

/// The message that tokens stand for. Each has a byte for what it is and the field's number, from 1 to 32. Where that is
/// not what the field is of, the field decides; texts are UTF-8.
pub fn message(contracts: &Contracts, name: &str, tokens: &[u8]) -> Vec<u8> {
    let mut bytes = Bytes::of(tokens);
    let mut open: Vec<Outer<'_>> = Vec::new();
    let (mut name, mut written) = (name, Vec::new());
    while !bytes.is_empty() {
        let token = bytes.byte();
        let field = u64::from(token >> 3) + 1;
        let known = contracts.field(name, field);
        let what = match (token & 7, known.map(|known| known.r#type())) {
            (END | 6 | 7, _) => END,
            (what, None) => what,
            (_, Some(Type::Message)) => OPEN,
            (_, Some(Type::String | Type::Bytes)) => TEXT,
            (_, Some(_)) => VARINT,
        };
        match what {
            VARINT => {
                varint(field << 3, &mut written);
                varint(number(&mut bytes), &mut written);
            }
            TEXT => {
                let length = usize::from(bytes.byte());
                let text = String::from_utf8_lossy(bytes.take(length));
                within(field, text.as_bytes(), &mut written);
            }
            OPEN if open.len() < MOST_DEPTH => {
                let inner = known.map_or("", |known| known.type_name());
                open.push(Outer {
                    name: std::mem::replace(&mut name, inner),
                    field,
                    written: std::mem::take(&mut written),
                });
            }
            FIXED_64 => {
                varint(field << 3 | 1, &mut written);
                written.extend(bytes.long().to_le_bytes());
            }
            FIXED_32 => {
                varint(field << 3 | 5, &mut written);
                written.extend((bytes.short() as u32).to_le_bytes());
            }
            _ => close(&mut open, &mut name, &mut written),
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut name, &mut written);
    }
    written
}

/// The tokens of a message, if they can say it.
pub fn tokens(contracts: &Contracts, name: &str, message: &[u8]) -> Option<Vec<u8>> {
    let mut tokens = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let key = read_varint(&mut rest)?;
        let field = (key >> 3).checked_sub(1).filter(|&field| field < 32)?;
        let token = |what: u8| (field as u8) << 3 | what;
        match key & 7 {
            0 => {
                tokens.push(token(VARINT));
                varint(read_varint(&mut rest)?, &mut tokens);
            }
            1 => {
                let (value, behind) = rest.split_at_checked(8)?;
                rest = behind;
                tokens.push(token(FIXED_64));
                tokens.extend(value);
            }
            2 => {
                let length = usize::try_from(read_varint(&mut rest)?).ok()?;
                let (value, behind) = rest.split_at_checked(length)?;
                rest = behind;
                let known = contracts.field(name, field + 1)?;
                if known.r#type() == Type::Message {
                    tokens.push(token(OPEN));
                    tokens.extend(self::tokens(contracts, known.type_name(), value)?);
                    tokens.push(END);
                } else {
                    tokens.push(token(TEXT));
                    tokens.push(u8::try_from(length).ok()?);
                    tokens.extend(value);
                }
            }
            _ => return None,
        }
    }
    Some(tokens)
}

fn close<'a>(open: &mut Vec<Outer<'a>>, name: &mut &'a str, written: &mut Vec<u8>) {
    if let Some(outer) = open.pop() {
        *name = outer.name;
        let inner = std::mem::replace(written, outer.written);
        within(outer.field, &inner, written);
    }
}

fn within(field: u64, value: &[u8], written: &mut Vec<u8>) {
    varint(field << 3 | 2, written);
    varint(value.len() as u64, written);
    written.extend(value);
}

fn varint(mut number: u64, written: &mut Vec<u8>) {
    while number > 0x7f {
        written.push(number as u8 | 0x80);
        number >>= 7;
    }
    written.push(number as u8);
}

fn number(bytes: &mut Bytes<'_>) -> u64 {
    let mut number = 0;
    for place in 0..10 {
        let byte = bytes.byte();
        number |= u64::from(byte & 0x7f).checked_shl(7 * place).unwrap_or(0);
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..10 {
        let (first, behind) = rest.split_first()?;
        *rest = behind;
        number |= u64::from(first & 0x7f).checked_shl(7 * place)?;
        if *first < 0x80 {
            return Some(number);
        }
    }
    None
}
