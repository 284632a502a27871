//! Load balancers that several replicas divide: a supervisor for each shard that is held here.

use std::fmt;
use std::sync::Arc;

use tributary_aws::Permit;
use tributary_kubernetes::Cluster;
use tributary_kubernetes::lease::{Holding, Shards, Timing, identity, shard_group};
use tributary_proto::call::{LoadBalancerShard, Shard};
use tributary_runtime::{BoxError, Context};

use crate::{DESIRED, Error, Options, Share, connect, outage, program};

/// How replicas divide the load balancers, and where the Leases are that say so.
#[derive(Clone, Debug)]
pub struct Division {
    /// The cluster.
    pub cluster: Cluster,
    /// Of the Leases.
    pub namespace: String,
    /// The same for all replicas.
    pub shards: u32,
    /// Of the Leases.
    pub timing: Timing,
}

/// AWS may be written to as long as the shard is held.
struct Held(Holding);

impl Permit for Held {
    fn may_write(&self) -> bool {
        // What has begun when the shard is to be given up may end: it is ours until then.
        self.0.is_held()
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Held").field(&self.0.index).finish()
    }
}

/// Programs a fair share of the load balancers of one kind until the context stops.
///
/// # Errors
/// When a task fails that cannot be started again.
pub async fn run(context: Context, options: Options, division: Division) -> Result<(), Error> {
    let Division {
        cluster,
        namespace,
        shards,
        timing,
    } = division;
    let (aws, reached) = connect(&context, &options.aws).await;
    let whole = aws.clone();
    let instance = identity();
    let dividing = Shards::new(
        &cluster,
        &namespace,
        &shard_group(cluster.installation(), options.kind),
        shards,
        instance.clone(),
        timing,
    );
    // A replica without a shard is as ready as one with some, if the others know of it: for it to have none may be its
    // fair share.
    let ready = context.condition("shards");
    let mut presence = dividing.presence();
    let readiness = async {
        loop {
            match presence.changed().await {
                Some(_) => ready.met(),
                None => ready.unmet_because("the Lease of this replica is not held"),
            }
        }
    };
    ready.unmet_because("the Lease of this replica is not held yet");
    let work = |holding: Holding| {
        let mut context = context.clone();
        context.shutdown = holding.stop.clone();
        // What is known of AWS and of the merger is the same for all shards that are held; each has its own part in it.
        let synced = context.part(DESIRED);
        let options = options.clone();
        let shard = Shard::new(holding.index, holding.count);
        let load_balancers = shard.map(|shard| LoadBalancerShard {
            kind: options.kind,
            shard,
        });
        let (epoch, instance) = (holding.epoch, instance.clone());
        let aws = aws.with_permit(Arc::new(Held(holding)));
        async move {
            let load_balancers = load_balancers.ok_or("no such shard")?;
            let held = Share {
                load_balancers,
                epoch,
                instance,
            };
            program(context, options, aws, held, synced)
                .await
                .map_err(BoxError::from)
        }
    };
    tokio::select! {
        ended = Box::pin(dividing.run(&context, work)) => ended.map_err(Error::Shard),
        () = readiness => Ok(()),
        () = outage::tell(&context, &whole, &reached) => Ok(()),
    }
}
