//! Who may pause and resume.

use std::{fmt, sync::Arc};

use axum::http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use snarkfee_config::ADMIN_TOKEN_LENGTH;
use subtle::ConstantTimeEq;

use super::command_sink::CommandSink;

/// The admin token, and where the commands of its holder go.
pub struct AdminAccess {
    token: SecretString,
    pub(super) sink: Arc<dyn CommandSink>,
}

/// A token that could be guessed or does not fit into a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the admin token needs at least {} visible ASCII characters and no spaces",
    AdminAccess::MIN_LENGTH
)]
pub struct WeakAdminToken;

impl AdminAccess {
    /// Fewest characters of a token.
    pub(crate) const MIN_LENGTH: usize = ADMIN_TOKEN_LENGTH;

    /// Takes a token, without the white space around it.
    ///
    /// # Errors
    ///
    /// Where the token is shorter than 16 characters.
    pub fn try_new(
        token: &SecretString,
        sink: Arc<dyn CommandSink>,
    ) -> Result<Self, WeakAdminToken> {
        let token = token.expose_secret().trim();
        if token.len() < Self::MIN_LENGTH || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WeakAdminToken);
        }
        Ok(Self { token: token.into(), sink })
    }

    /// Whether an `Authorization` header has the token; takes as long for every wrong one.
    pub(super) fn accepts(&self, header: Option<&HeaderValue>) -> bool {
        let Some((scheme, given)) =
            header.and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '))
        else {
            return false;
        };
        let same = given.trim().as_bytes().ct_eq(self.token.expose_secret().as_bytes());
        scheme.eq_ignore_ascii_case("bearer") & bool::from(same)
    }
}

impl fmt::Debug for AdminAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminAccess").finish_non_exhaustive()
    }
}
