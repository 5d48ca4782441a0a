//! Decodes a document of Finesse to JSON.
//!
//! Run: cargo run -p finesse-model --example decode
//! Needs: nothing

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let update = "<Update><data><user><loginId>40217</loginId><state>READY</state></user></data>\
                  <event>PUT</event><requestId></requestId><source>/finesse/api/User/40217</source></Update>";
    println!("{}", finesse_model::decode(update)?.to_json());
    Ok(())
}
