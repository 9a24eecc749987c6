//! Sets up a node: its folder, its configuration, its store.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use meldeverbund_proto::InstanceId;

use crate::{
    clock::{Clock, Random},
    config::{Config, ConfigError, Officer, Role},
    daemon::make_folder,
    ledger::{KeyFileError, OwnKeys},
    store::{Store, StoreError},
};

/// Name of the configuration file in the node's folder.
pub const CONFIG_FILE: &str = "node.toml";

/// What a new node is told.
#[derive(Debug, Clone)]
pub struct Init {
    /// The node's folder.
    pub folder: PathBuf,
    /// This agency's id.
    pub agency: String,
    /// What it is in the federation.
    pub role: Role,
    /// The hub's addresses, `https://host:port` each.
    pub hub_addresses: Vec<String>,
    /// The agency that runs the hub.
    pub hub_agency: String,
    /// The federation's trust domain.
    pub trust_domain: String,
    /// The node's certificate.
    pub certificate: PathBuf,
    /// The node's private key.
    pub key: PathBuf,
    /// The authorities that are trusted.
    pub trust_anchors: PathBuf,
    /// The revocation lists.
    pub revocations: Option<PathBuf>,
    /// An HTTP CONNECT proxy.
    pub proxy: Option<String>,
    /// The first officer: whoever sets the node up.
    pub officer: Officer,
}

/// A node that has been set up.
#[derive(Debug)]
pub struct Made {
    /// Its configuration file.
    pub config_file: PathBuf,
    /// The configuration.
    pub config: Config,
    /// Its own keys.
    pub keys: OwnKeys,
    /// Its store's id.
    pub instance_id: InstanceId,
}

/// The node cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is a configuration already.
    #[error("{}: there is a node already", .0.display())]
    Exists(PathBuf),
    /// A file or folder cannot be made.
    #[error("{}: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One of the values is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The office's own keys cannot be made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The store cannot be made.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Sets up a node.
///
/// # Errors
/// See [`InitError`]. A configuration that turns out to be wrong is removed again.
pub async fn init(init: &Init, clock: &Clock, random: &Random) -> Result<Made, InitError> {
    let config_file = init.folder.join(CONFIG_FILE);
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| InitError::File { path, source }
    };
    make_folder(&init.folder).map_err(file(&init.folder))?;
    write_new(&config_file, &config_text(init)).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists(config_file.clone()),
        _ => InitError::File { path: config_file.clone(), source },
    })?;
    let config = match Config::load(&config_file) {
        Ok(config) => config,
        Err(error) => {
            fs::remove_file(&config_file).map_err(file(&config_file))?;
            return Err(error.into());
        }
    };
    make_folder(&config.data_dir).map_err(file(&config.data_dir))?;
    let keys = OwnKeys::load_or_make(&config, random)?;
    let store = Store::open(&config.store_path(), &config.agency, clock, random).await?;
    let instance_id = store.instance_id();
    store.close().await;
    Ok(Made { config_file, config, keys, instance_id })
}

/// The configuration's text; every other setting has its default, and `node.sample.toml` explains them all.
fn config_text(init: &Init) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let path = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        quoted(&path.to_string_lossy())
    };
    let address = match &init.hub_addresses[..] {
        [one] => format!("address = {}", quoted(one)),
        several => {
            format!("addresses = [{}]", several.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", "))
        }
    };
    let role = match init.role {
        Role::Office => "",
        Role::Liaison => "role = \"liaison\"\n",
    };
    let mut text = format!(
        "{role}agency = {}\ndata_dir = \"data\"\n\n[hub]\n{address}\nagency = {}\ntrust_domain = {}\n",
        quoted(&init.agency),
        quoted(&init.hub_agency),
        quoted(&init.trust_domain),
    );
    if let Some(proxy) = &init.proxy {
        text.push_str(&format!("proxy = {}\n", quoted(proxy)));
    }
    text.push_str(&format!(
        "\n[tls]\ncertificate = {}\nkey = {}\ntrust_anchors = {}\n",
        path(&init.certificate),
        path(&init.key),
        path(&init.trust_anchors),
    ));
    if let Some(revocations) = &init.revocations {
        text.push_str(&format!("revocations = {}\n", path(revocations)));
    }
    let Officer { uid, name } = &init.officer;
    text.push_str(&format!("\n[[officers]]\nuid = {uid}\nname = {}\n", quoted(name)));
    text
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
