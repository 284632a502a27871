//! `--installation`, of every service.

use tributary_model::Installation;

/// Which installation a service belongs to.
#[derive(Clone, Debug, clap::Args)]
pub struct InstallationArgs {
    /// Name of this installation, the same for all of its services: from it follow the controllerNames of its classes, its
    /// finalizers, its Leases and the mark of what it made or took over in AWS. Nothing that carries another's is touched.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub installation: Installation,
}
