//! What is asked of the store.

use fang_core::QueueError;
use fang_core::operator::offered;
use fang_core::store::{Depth, ErrorGroups, PausedType, TableSize, TypeInfo, WorkerInfo};
use fang_engine::handle::Admin;

/// What is asked each time: two statements, and one for each 50 pools.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) workers: Vec<WorkerInfo>,
    pub(crate) types: Vec<TypeInfo>,
}

impl Look {
    pub(crate) async fn read(admin: &Admin) -> Result<Self, QueueError> {
        let workers: Vec<WorkerInfo> = offered(admin.workers()).await?;
        let depths: Vec<Depth> = offered(admin.depths()).await?;
        let paused: Vec<PausedType> = offered(admin.paused_types()).await?;
        let types = TypeInfo::all(depths, paused, &workers, Vec::new());
        Ok(Self { workers, types })
    }
}

/// What costs more, or changes rarely.
#[derive(Debug)]
pub(crate) struct SlowLook {
    pub(crate) failed: ErrorGroups,
    pub(crate) tables: Vec<TableSize>,
    pub(crate) schema_version: Option<i32>,
}

impl SlowLook {
    pub(crate) async fn read(admin: &Admin) -> Result<Self, QueueError> {
        let (failed, tables) = (offered(admin.errors()).await?, admin.table_sizes().await?);
        Ok(Self { failed, tables, schema_version: admin.schema_version().await? })
    }
}
