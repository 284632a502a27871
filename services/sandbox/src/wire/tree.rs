//! The parameters of the query protocols as a tree, readable by serde.
//!
//! `Conditions.member.1.Field=host-header` (query) and `Filter.1.Value.1=a` (ec2) both become
//! nested maps whose numbered keys are lists. All leaves are text: numbers and booleans are read
//! when the target type asks for them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

/// How deep parameters may nest. ELBv2's deepest is 9:
/// `Actions.member.1.JwtValidationConfig.AdditionalClaims.member.1.Values.member.1`.
const MAX_DEPTH: usize = 16;

/// One node of the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Leaf(String),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

/// Why parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeError(String);

impl Tree {
    /// Builds the tree from decoded `name=value` pairs.
    pub(crate) fn from_pairs<I>(pairs: I) -> Result<Self, TreeError>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        let mut root = BTreeMap::new();
        for (path, value) in pairs {
            insert(&mut root, &path, value)?;
        }
        Ok(Self::Map(
            root.into_iter()
                .map(|(key, tree)| (key, number_lists(tree)))
                .collect(),
        ))
    }
}

fn insert(root: &mut BTreeMap<String, Tree>, path: &str, value: String) -> Result<(), TreeError> {
    let mut parts: Vec<&str> = path.split('.').collect();
    if parts.len() > MAX_DEPTH {
        return Err(TreeError(format!("parameter {path} is nested too deep")));
    }
    let Some(last) = parts.pop() else {
        return Ok(());
    };
    let mut map = root;
    for part in parts {
        let entry = map
            .entry(part.to_owned())
            .or_insert_with(|| Tree::Map(BTreeMap::new()));
        // boto3 sends an empty list as `X=`; members after it would be a contradiction.
        let Tree::Map(inner) = entry else {
            return Err(TreeError(format!(
                "parameter {path} is both value and list"
            )));
        };
        map = inner;
    }
    if map.insert(last.to_owned(), Tree::Leaf(value)).is_some() {
        return Err(TreeError(format!("parameter {path} is given twice")));
    }
    Ok(())
}

/// Turns maps with numbered keys, with or without `member` above them, into lists in the order of
/// the numbers.
fn number_lists(tree: Tree) -> Tree {
    let Tree::Map(mut map) = tree else {
        return tree;
    };
    if map.len() == 1
        && let Some(member) = map.remove("member")
    {
        return number_lists(member);
    }
    let numbered: Option<BTreeMap<u32, &Tree>> = map
        .iter()
        .map(|(key, tree)| key.parse().ok().map(|number| (number, tree)))
        .collect();
    if let Some(numbered) = numbered
        && !numbered.is_empty()
    {
        return Tree::List(
            numbered
                .into_values()
                .map(|tree| number_lists(tree.clone()))
                .collect(),
        );
    }
    Tree::Map(
        map.into_iter()
            .map(|(key, tree)| (key, number_lists(tree)))
            .collect(),
    )
}

impl fmt::Display for TreeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for TreeError {}

impl de::Error for TreeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Reads a leaf as a number or boolean.
macro_rules! parse_leaf {
    ($($method:ident $visit:ident $kind:literal),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
            match self {
                Tree::Leaf(text) => match text.parse() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(TreeError(format!("{text:?} is not {}", $kind))),
                },
                Tree::List(_) | Tree::Map(_) => Err(TreeError(format!("expected {}", $kind))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Tree {
    type Error = TreeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self {
            Tree::Leaf(text) => visitor.visit_borrowed_str(text),
            Tree::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Tree::Map(map) => visitor.visit_map(MapDeserializer::new(
                map.iter().map(|(key, tree)| (key.as_str(), tree)),
            )),
        }
    }

    parse_leaf!(
        deserialize_bool visit_bool "a boolean",
        deserialize_i32 visit_i32 "an integer",
        deserialize_i64 visit_i64 "an integer",
        deserialize_u8 visit_u8 "an integer in range",
        deserialize_u16 visit_u16 "an integer in range",
        deserialize_u32 visit_u32 "an integer in range",
        deserialize_u64 visit_u64 "an integer in range",
        deserialize_f64 visit_f64 "a number"
    );

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TreeError> {
        match self {
            // `X=` is how boto3 says that a list is empty.
            Tree::Leaf(text) if text.is_empty() => {
                visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<&Tree>()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self {
            // A structure without members is sent as `X=`.
            Tree::Leaf(text) if text.is_empty() => {
                visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &Tree)>()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        match self {
            Tree::Leaf(text) => {
                StrDeserializer::<TreeError>::new(text).deserialize_enum(name, variants, visitor)
            }
            Tree::List(_) | Tree::Map(_) => Err(TreeError(format!("expected a value of {name}"))),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TreeError> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 f32 char str string bytes byte_buf unit unit_struct tuple tuple_struct map
        identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, TreeError> for &'de Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
