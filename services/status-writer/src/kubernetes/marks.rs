//! The finalizer of a GatewayClass in use: what is not of its status, and is written by who judges it.

use tributary_kubernetes::{Cluster, Failure, Finalizer};
use tributary_model::judgement::Judgement;
use tributary_model::resolved::ClassMark;

/// Whether a judgement asks for a finalizer to be changed. Once it is, the object comes back with it, and a judgement that
/// asks for nothing.
pub(crate) fn asks(judgement: &Judgement) -> bool {
    match judgement {
        Judgement::GatewayClass(judged) => match judged.mark {
            ClassMark::Stands => false,
            ClassMark::Missing | ClassMark::Obsolete => true,
        },
        Judgement::Gateway(_)
        | Judgement::ListenerSet(_)
        | Judgement::Route(_)
        | Judgement::Pod(_) => false,
    }
}

/// Makes the finalizer what the judgement asks for.
///
/// # Errors
/// When the API server refuses or does not answer.
pub(crate) async fn write(cluster: &Cluster, judgement: &Judgement) -> Result<(), Failure> {
    let Judgement::GatewayClass(judged) = judgement else {
        return Ok(());
    };
    let (changed, what) = match judged.mark {
        ClassMark::Stands => return Ok(()),
        ClassMark::Missing => (cluster.mark_class(&judged.key).await?, "marked as in use"),
        ClassMark::Obsolete => (
            cluster.unmark_class(&judged.key).await?,
            "no longer marked as in use",
        ),
    };
    if changed == Finalizer::Written {
        tracing::info!(class = %judged.key, "{what}");
    }
    Ok(())
}
