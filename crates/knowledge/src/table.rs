//! The table of chunks: one row per unique chunk, with two full-text columns and a vector. The only user of LanceDB.
//!
//! Rows can be made again from Git at any time. There is one writer (the directory's lock), rows are written in
//! batches, and compaction is asked for explicitly. Filters are SQL text, so the only values that go into one are
//! [`ChunkId`]s, whose text form is 64 hex digits.

mod rows;

pub(crate) use rows::{Row, StoredText};

use std::{collections::HashMap, path::Path, time::Duration};

use futures::TryStreamExt as _;
use lancedb::{
    Connection, Table,
    arrow::arrow_array::RecordBatch,
    index::{
        Index,
        scalar::{BTreeIndexBuilder, FtsIndexBuilder, FullTextSearchQuery},
        vector::IvfFlatIndexBuilder,
    },
    query::{ExecutableQuery as _, QueryBase as _, Select},
    table::{CompactionOptions, OptimizeAction, OptimizeOptions},
};

use crate::{KnowledgeError, chunk::ChunkId};

/// Up to here every vector is compared; above, an index of partitions is made.
pub(crate) const EXACT_ROWS: usize = 20_000;
/// Rows that the indexes do not cover yet are searched one by one: cheap up to about this many.
const UNINDEXED_ROWS: usize = 512;
/// Files per table that are borne before they are merged.
const MOST_FRAGMENTS: usize = 8;
/// Ids per `IN` list.
const IDS_PER_FILTER: usize = 500;

/// A full-text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextColumn {
    /// The exact text, split inside identifiers, not stemmed.
    Code,
    /// Headings, names, comments and prose, stemmed.
    Prose,
}

impl TextColumn {
    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Prose => "prose",
        }
    }
}

/// The open table. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ChunkTable {
    connection: Connection,
    table: Table,
}

impl ChunkTable {
    /// Opens the table of a model, or makes an empty one.
    pub(crate) async fn open(dir: &Path, fingerprint: &str) -> Result<Self, KnowledgeError> {
        let name = format!("chunk_{fingerprint}");
        let uri = dir.to_str().ok_or_else(|| {
            KnowledgeError::Invalid(format!("index directory `{}` is not UTF-8; choose another", dir.display()))
        })?;
        // Nobody else writes, so this process's own view is never old.
        let connection = lancedb::connect(uri).read_consistency_interval(Duration::from_secs(3600)).execute().await?;
        let table = match connection.open_table(&name).execute().await {
            Ok(table) => table,
            Err(lancedb::Error::TableNotFound { .. }) => {
                let table = connection.create_empty_table(&name, rows::schema()).execute().await?;
                table.set_unenforced_primary_key(["id"]).await?;
                table
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { connection, table })
    }

    /// All chunk ids, with whether they have a vector.
    pub(crate) async fn ids(&self) -> Result<HashMap<ChunkId, bool>, KnowledgeError> {
        let has_vector = Select::dynamic(&[("id", "id"), ("embedded", "vector IS NOT NULL")]);
        let stream = self.table.query().select(has_vector).execute().await?;
        let mut ids = HashMap::new();
        for batch in stream.try_collect::<Vec<_>>().await? {
            ids.extend(rows::ids_with_flag(&batch, "embedded")?);
        }
        Ok(ids)
    }

    /// Writes rows, replacing those that have the same id.
    pub(crate) async fn store(&self, rows: &[Row]) -> Result<(), KnowledgeError> {
        if rows.is_empty() {
            return Ok(());
        }
        let batch = rows::to_batch(rows)?;
        let schema = batch.schema();
        let reader = lancedb::arrow::arrow_array::RecordBatchIterator::new([Ok(batch)], schema);
        let mut merge = self.table.merge_insert(&["id"]);
        merge.when_matched_update_all(None).when_not_matched_insert_all();
        merge.execute(Box::new(reader)).await?;
        Ok(())
    }

    /// Removes rows.
    pub(crate) async fn remove(&self, ids: &[ChunkId]) -> Result<(), KnowledgeError> {
        for some in ids.chunks(IDS_PER_FILTER) {
            self.table.delete(id_filter(some).as_str()).await?;
        }
        Ok(())
    }

    /// The best matches of a question in a column, best first, with their BM25 score.
    pub(crate) async fn by_words(
        &self,
        question: &str,
        column: TextColumn,
        limit: usize,
    ) -> Result<Vec<(ChunkId, f32)>, KnowledgeError> {
        let query = FullTextSearchQuery::new(question.to_owned()).with_column(column.name().to_owned());
        let query = query.map_err(lancedb::Error::from)?;
        let select = Select::columns(&["id", "_score"]);
        let stream = self.table.query().full_text_search(query).select(select).limit(limit).execute().await?;
        scored(stream.try_collect().await?, "_score")
    }

    /// The nearest rows by meaning, nearest first, with their cosine similarity.
    pub(crate) async fn by_meaning(
        &self,
        vector: &[f32],
        limit: usize,
        exact: bool,
    ) -> Result<Vec<(ChunkId, f32)>, KnowledgeError> {
        let mut query = self.table.query().only_if("vector IS NOT NULL").nearest_to(vector)?;
        query = query.column("vector").distance_type(lancedb::DistanceType::Cosine);
        if exact {
            query = query.bypass_vector_index();
        }
        let stream = query.select(Select::columns(&["id", "_distance"])).limit(limit).execute().await?;
        let found = scored(stream.try_collect().await?, "_distance")?;
        Ok(found.into_iter().map(|(id, distance)| (id, 1.0 - distance)).collect())
    }

    /// The texts of these chunks.
    pub(crate) async fn texts(&self, ids: &[ChunkId]) -> Result<HashMap<ChunkId, StoredText>, KnowledgeError> {
        let mut texts = HashMap::new();
        for some in ids.chunks(IDS_PER_FILTER) {
            let select = Select::columns(&["id", "breadcrumb", "symbols", "code"]);
            let stream = self.table.query().only_if(id_filter(some)).select(select).execute().await?;
            for batch in stream.try_collect::<Vec<_>>().await? {
                texts.extend(rows::texts(&batch)?);
            }
        }
        Ok(texts)
    }

    /// Brings the indexes up to date and merges small files, as far as it is worth it.
    pub(crate) async fn tend(&self) -> Result<(), KnowledgeError> {
        let rows = self.table.count_rows(None).await?;
        if rows == 0 {
            return Ok(());
        }
        let made = self.make_indexes(rows).await?;
        let fragments = self.table.stats().await?.fragment_stats.num_fragments;
        if fragments > MOST_FRAGMENTS {
            let options = CompactionOptions { target_rows_per_fragment: 100_000, ..CompactionOptions::default() };
            self.table.optimize(OptimizeAction::Compact { options, remap_options: None }).await?;
        }
        if !made && self.unindexed().await? > UNINDEXED_ROWS {
            self.table.optimize(OptimizeAction::Index(OptimizeOptions::append())).await?;
        }
        // One process and one table: no reader holds an older version, and nothing is in flight.
        let prune = OptimizeAction::Prune {
            older_than: Some(lancedb::table::Duration::zero()),
            delete_unverified: Some(fragments > MOST_FRAGMENTS),
            error_if_tagged_old_versions: None,
        };
        self.table.optimize(prune).await?;
        Ok(())
    }

    /// Makes the indexes that are missing; whether there were any.
    async fn make_indexes(&self, rows: usize) -> Result<bool, KnowledgeError> {
        let present: Vec<String> =
            self.table.list_indices().await?.into_iter().flat_map(|index| index.columns).collect();
        let mut wanted: Vec<(&str, Index)> = vec![
            ("id", Index::BTree(BTreeIndexBuilder::default())),
            ("code", Index::FTS(FtsIndexBuilder::code().split_identifiers(true).max_token_length(Some(128)))),
            ("prose", Index::FTS(FtsIndexBuilder::default().stem(true).remove_stop_words(true))),
        ];
        if rows > EXACT_ROWS && self.table.count_rows(Some("vector IS NOT NULL".to_owned())).await? > EXACT_ROWS {
            let flat = IvfFlatIndexBuilder::default().distance_type(lancedb::DistanceType::Cosine);
            wanted.push(("vector", Index::IvfFlat(flat)));
        }
        wanted.retain(|(column, _)| !present.iter().any(|name| name == column));
        let any = !wanted.is_empty();
        for (column, index) in wanted {
            self.table.create_index(&[column], index).execute().await?;
        }
        Ok(any)
    }

    async fn unindexed(&self) -> Result<usize, KnowledgeError> {
        let mut most = 0;
        for index in self.table.list_indices().await? {
            if let Some(stats) = self.table.index_stats(&index.name).await? {
                most = most.max(stats.num_unindexed_rows);
            }
        }
        Ok(most)
    }

    /// Whether words can be searched: the full-text indexes are there.
    pub(crate) async fn is_searchable(&self) -> Result<bool, KnowledgeError> {
        Ok(self.table.list_indices().await?.iter().any(|index| index.columns.iter().any(|column| column == "prose")))
    }

    /// Removes the tables of other models.
    pub(crate) async fn remove_others(&self) -> Result<(), KnowledgeError> {
        for name in self.connection.table_names().execute().await? {
            if name.starts_with("chunk_") && name != self.table.name() {
                self.connection.drop_table(&name, &[]).await?;
            }
        }
        Ok(())
    }
}

fn id_filter(ids: &[ChunkId]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    format!("id IN ({})", quoted.join(","))
}

fn scored(batches: Vec<RecordBatch>, column: &'static str) -> Result<Vec<(ChunkId, f32)>, KnowledgeError> {
    let mut found = Vec::new();
    for batch in &batches {
        found.extend(rows::ids_with_score(batch, column)?);
    }
    Ok(found)
}
