//! One day in memory: equal seeds, equal runs.

use super::*;

#[async_trait]
impl Dialer for InMemory {
    async fn dial(&self, target: &Target) -> Result<Box<dyn Io>, DialError> {
        match self.sim.xmpp(self.side) {
            Ok(pipe) => Ok(Box::new(pipe)),
            Err(error) => Err(DialError::new(DialErrorKind::Refused, target, error.to_string())),
        }
    }
}

/// One scripted day, written down.
async fn day(seed: u64) -> Vec<String> {
    let sim = Sim::in_memory(Profile::ucce(), seed);
    sim.add_agent(AgentSpec::new(AGENT, PASSWORD, "7301"));
    let dialer = Arc::new(InMemory { sim: sim.clone(), side: Side::A });
    let connect = TcpConnect::insecure(dialer, "fin-a", 5222);
    let began = tokio::time::Instant::now();
    let config = SessionConfig::builder(
        UserId::new(AGENT).unwrap(),
        PASSWORD.to_owned().into(),
        sim.node_address(Side::A).host,
    )
    .resource("test")
    .seed(seed)
    .build()
    .unwrap();
    let mut link = open(&connect, config).await.unwrap();
    sign_in(&sim, Side::A).await;
    about(&mut link, "/finesse/api/User/40217").await;
    let call = sim.world(WorldAction::CallBegin {
        agent: AGENT.to_owned(),
        from: "5550142".to_owned(),
        to: None,
        variables: [].into(),
    });
    let call = call.call.unwrap();
    let mut lines = Vec::new();
    let mut write = |event: &Event| {
        let at = began.elapsed();
        lines.push(match event {
            Event::Notification(n) => {
                format!("{at:?} {} {:?} {:?}", n.node, n.item_id, n.update.as_ref().map(|u| u.event.clone()))
            }
            other => format!("{at:?} {other:?}"),
        });
    };
    for step in 0..4 {
        write(&next_patient(&mut link).await);
        match step {
            0 => drop(sim.world(WorldAction::CallAnswer { call: call.clone() })),
            2 => drop(sim.world(WorldAction::CallEnd { call: call.clone() })),
            _ => {}
        }
    }
    sim.fault(Fault::HalfOpen { side: Side::A, user: None });
    loop {
        let event = next_patient(&mut link).await;
        write(&event);
        if let Event::Ended(cause) = event {
            assert_eq!(cause.kind(), EndCause::Silent);
            return lines;
        }
    }
}

async fn next_patient(link: &mut Link) -> Event {
    tokio::time::timeout(Duration::from_secs(600), link.events.recv()).await.expect("nothing came").unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_day_to_the_nanosecond() {
    for seed in 1..6 {
        assert_eq!(day(seed).await, day(seed).await, "seed {seed}");
    }
}
