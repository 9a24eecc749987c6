//! What every verb needs: language, form of answers, the way to the daemon.

use std::path::{Path, PathBuf};

use super::{Global, error::CliError, screen::Screen, signed_in::SignedIn};
use crate::{
    client::{self, DeskClient, LiaisonDeskClient},
    config::Config,
    liaison::Token,
    text::Lang,
};

/// Where a configuration lies if nobody says.
const DEFAULT_FILES: [&str; 2] = ["node.toml", "/etc/meldeverbund/node.toml"];

/// What every verb needs.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) lang: Lang,
    pub(super) json: bool,
    config: Option<PathBuf>,
    socket: Option<PathBuf>,
}

impl Context {
    pub(super) fn new(global: Global, locale: Lang) -> Self {
        let Global { config, socket, lang, json } = global;
        Self { lang: lang.unwrap_or(locale), json, config, socket }
    }

    /// Where the answer goes.
    pub(super) fn screen(&self) -> Screen {
        Screen::new()
    }

    /// The configuration file.
    pub(super) fn config_file(&self) -> Result<PathBuf, CliError> {
        if let Some(file) = &self.config {
            return Ok(file.clone());
        }
        let found = DEFAULT_FILES.iter().map(Path::new).find(|file| file.exists());
        found.map(Path::to_owned).ok_or(CliError::NoConfig)
    }

    /// The configuration.
    pub(super) fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(&self.config_file()?)?)
    }

    /// The daemon's socket.
    pub(super) fn socket(&self) -> Result<PathBuf, CliError> {
        match &self.socket {
            Some(socket) => Ok(socket.clone()),
            None => Ok(self.config()?.desk.socket),
        }
    }

    /// The daemon.
    pub(super) async fn desk(&self) -> Result<DeskClient, CliError> {
        Ok(client::connect(&self.socket()?, self.lang).await?)
    }

    /// The daemon's liaison desk for an officer who is signed in; without a token the daemon says what is missing.
    pub(super) async fn liaison_desk(&self, signed_in: &SignedIn) -> Result<LiaisonDeskClient, CliError> {
        self.liaison_desk_with(signed_in.token(self.lang)?).await
    }

    /// The daemon's liaison desk for what needs no token.
    pub(super) async fn liaison_desk_without_token(&self) -> Result<LiaisonDeskClient, CliError> {
        self.liaison_desk_with(None).await
    }

    /// The daemon's liaison desk.
    pub(super) async fn liaison_desk_with(
        &self,
        token: Option<Token>,
    ) -> Result<LiaisonDeskClient, CliError> {
        Ok(client::connect_liaison(&self.socket()?, self.lang, token).await?)
    }
}
