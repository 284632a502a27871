//! `precedence.proto`: a listener's place among all of its Gateway.

use tributary_model::{Precedence, PrecedenceClass};

use super::ConvertError;
use super::codec::{absent, required, same, timestamp};
use crate::types;
use crate::types::precedence::Class;

impl From<&Precedence> for types::Precedence {
    fn from(value: &Precedence) -> Self {
        let Precedence {
            class,
            owner,
            index,
        } = value;
        let class = match class {
            PrecedenceClass::Gateway => Class::Gateway(types::GatewayPrecedence {}),
            PrecedenceClass::ListenerSet { created } => {
                Class::ListenerSet(types::ListenerSetPrecedence {
                    created: timestamp::write(created),
                })
            }
        };
        Self {
            class: Some(class),
            owner: required::write(owner),
            index: same::write(index),
        }
    }
}

impl TryFrom<types::Precedence> for Precedence {
    type Error = ConvertError;

    fn try_from(message: types::Precedence) -> Result<Self, Self::Error> {
        let types::Precedence {
            class,
            owner,
            index,
        } = message;
        let class = match class.ok_or_else(|| absent().under("class"))? {
            Class::Gateway(types::GatewayPrecedence {}) => PrecedenceClass::Gateway,
            Class::ListenerSet(types::ListenerSetPrecedence { created }) => {
                PrecedenceClass::ListenerSet {
                    created: timestamp::read("listener_set.created", created)?,
                }
            }
        };
        Ok(Self {
            class,
            owner: required::read("owner", owner)?,
            index,
        })
    }
}
