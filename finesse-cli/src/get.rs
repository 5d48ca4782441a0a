//! `finesse get`: any resource of the REST API, with the agent's credentials, as `decode` prints it.
//!
//! Without `--side`, the first side that says it is in service is asked, and no other: but for configuration, which the secondary node refuses and
//! the primary is then asked for. What is asked for is Finesse's, so also a root that the model does not know is printed, as an element it does not
//! know would be.

use finesse_ha::health::verdict;
use finesse_ha::session::SideAddress;
use finesse_ha::side::Side;
use finesse_model::{DecodeError, DecodeErrorKind, Document, MAX_BYTES, Resource};
use finesse_rest::{Client, Credentials, Error, ErrorKind, RawAnswer};
use http::Method;

use crate::args::GetArgs;
use crate::documents::Documents;
use crate::exit::{Exit, Failure};
use crate::output::Printer;
use crate::setup::Setup;

/// Runs the command.
pub(crate) async fn run(args: GetArgs) -> Result<Exit, Failure> {
    let setup = Setup::resolve(&args.pair)?;
    let Some(credentials) = setup.credentials()? else {
        return Err(Failure::usage("no agent named: give --user ID or set FINESSE_USER"));
    };
    tokio::select! {
        done = get(&args, &setup, &credentials) => done.map(|()| Exit::Done),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

/// A whole answer may take this many times as long as a request of a session: the list of all users of a large system is some 10 MB.
const PATIENCE: u32 = 6;

/// One side, ready to be asked.
struct Asked {
    side: Side,
    client: Client,
}

impl Asked {
    fn new(
        setup: &Setup,
        credentials: &Credentials,
        (side, address): (Side, SideAddress),
    ) -> Result<Self, Failure> {
        let builder =
            setup.client_builder(&address, Some(credentials), setup.params.request_timeout * PATIENCE);
        // What can be decoded is also fetched.
        let client = builder.body_cap(MAX_BYTES).build().map_err(|error| failure(&error))?;
        Ok(Self { side, client })
    }

    async fn get(&self, path: &str) -> Result<RawAnswer, Error> {
        self.client.request(Method::GET, path).raw().await
    }
}

async fn get(args: &GetArgs, setup: &Setup, credentials: &Credentials) -> Result<(), Failure> {
    let path = rooted(&args.path);
    let place = match args.side {
        Some(side) => (side, named(setup, side).await?),
        None => first_usable(setup).await?,
    };
    let mut asked = Asked::new(setup, credentials, place)?;
    let mut answer = asked.get(&path).await;
    if let Err(refusal) = &answer
        && refusal.kind() == ErrorKind::SecondaryNode
    {
        let (side, other) = (asked.side, asked.side.other());
        let refused = format!("{refusal}. Side {side} is the secondary node");
        if args.side.is_some() || path.contains("://") {
            return Err(Failure::new(Exit::Failed, format!("{refused}: ask side {other}")));
        }
        let on_primary =
            |failure: Failure| Failure { message: format!("{refused}. {}", failure.message), ..failure };
        asked = Asked::new(setup, credentials, (other, named(setup, other).await.map_err(on_primary)?))?;
        answer = Ok(asked.get(&path).await.map_err(|error| on_primary(failure(&error)))?);
    }
    let answer = answer.map_err(|error| failure(&error))?;
    let doing = format!("GET {path} on {}", asked.client.base_url());
    print(Printer::documents(args.output), &doing, &answer, args.raw)
}

/// A path without a slash in front is one below the API too.
fn rooted(path: &str) -> String {
    if path.starts_with('/') || path.contains("://") { path.to_owned() } else { format!("/{path}") }
}

fn print(printer: Printer, doing: &str, answer: &RawAnswer, raw: bool) -> Result<(), Failure> {
    let fail = |why: String| Failure::new(Exit::Failed, format!("{doing}: {}, {why}", answer.status));
    let decoded = read(&answer.body);
    match decoded {
        _ if raw => {
            printer.bytes(&answer.body);
            Ok(())
        }
        Err(error) if error.kind() == DecodeErrorKind::Html => Err(fail(error.to_string())),
        // The desktop's own interfaces speak JSON, which is passed on as it is.
        Err(error) if error.kind() == DecodeErrorKind::Json => {
            match serde_json::from_slice::<serde_json::Value>(&answer.body) {
                Ok(_) => {
                    printer.bytes(&answer.body);
                    Ok(())
                }
                Err(error) => Err(fail(format!("JSON that cannot be read: {error}"))),
            }
        }
        Err(error) => Err(fail(format!("{error}; --raw shows what came"))),
        Ok(document) => {
            let mut documents = Documents::default();
            documents.add(&document);
            documents.print(printer, doing)
        }
    }
}

/// The document, whatever its root.
fn read(body: &[u8]) -> Result<Document, DecodeError> {
    let text = finesse_model::utf8(body)?;
    match finesse_model::decode(text) {
        Err(error) if error.kind() == DecodeErrorKind::WrongRoot => {
            Resource::from_xml(text).map(Document::Resource)
        }
        read => read,
    }
}

/// The side that was asked for, whatever its health.
async fn named(setup: &Setup, side: Side) -> Result<SideAddress, Failure> {
    if side == Side::A {
        return Ok(setup.pair.a.clone());
    }
    if let Some(b) = &setup.pair.b {
        return Ok(b.clone());
    }
    let info = prober(setup, &setup.pair.a)?.system_info().await.map_err(|error| failure(&error))?;
    setup
        .side_b_of(&info)
        .ok_or_else(|| Failure::usage("there is no side B: side A names no second node; give --side-b URL"))
}

/// The first side that serves, A before B.
async fn first_usable(setup: &Setup) -> Result<(Side, SideAddress), Failure> {
    let mut said = Vec::new();
    let mut distrusted = true;
    let mut b = setup.pair.b.clone();
    for side in Side::BOTH {
        let address = match side {
            Side::A => setup.pair.a.clone(),
            Side::B => match b.take() {
                Some(address) => address,
                None => break,
            },
        };
        match prober(setup, &address)?.system_info().await {
            Ok(info) => {
                let (status, _, why) = verdict(&info);
                if status.serves() {
                    return Ok((side, address));
                }
                b = b.or_else(|| setup.side_b_of(&info));
                distrusted = false;
                said.push(format!("side {side}: {why}"));
            }
            Err(error) => {
                distrusted &= error.trust_failure().is_some();
                said.push(format!("side {side}: {error}"));
            }
        }
    }
    let said = said.join(" · ");
    Err(if distrusted {
        Failure::new(Exit::Trust, format!("{said}; on the command line: --ca FILE or --pin SHA256"))
    } else {
        Failure::new(Exit::NoSide, format!("no side can be used. {said}"))
    })
}

/// Without credentials: looking must never count against a password.
fn prober(setup: &Setup, address: &SideAddress) -> Result<Client, Failure> {
    setup.client(address, None, setup.params.probe_timeout)
}

/// What a failed request means for the exit code. The message has what the API said, in words.
fn failure(error: &Error) -> Failure {
    let exit = match error.kind() {
        ErrorKind::InvalidRequest => Exit::Usage,
        ErrorKind::Unauthorized => Exit::Credentials,
        ErrorKind::Tls => Exit::Trust,
        ErrorKind::Timeout => Exit::TimedOut,
        ErrorKind::Connect | ErrorKind::Dns | ErrorKind::OutOfService => Exit::NoSide,
        _ if error.is_webapp_missing() => Exit::NoSide,
        _ => Exit::Failed,
    };
    Failure::new(exit, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_lack_its_slash() {
        assert_eq!(rooted("User/40217"), "/User/40217");
        assert_eq!(rooted("/desktop/api/desktopConfig"), "/desktop/api/desktopConfig");
        assert_eq!(rooted("https://fin-a:8445/finesse/api/User/1"), "https://fin-a:8445/finesse/api/User/1");
    }
}
