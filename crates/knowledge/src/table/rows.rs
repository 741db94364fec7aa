//! Rows of the table of chunks, to and from arrow.

use std::sync::Arc;

use lancedb::arrow::{
    arrow_array::{
        Array, ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, RecordBatch, StringArray,
        builder::{FixedSizeListBuilder, Float32Builder},
        cast::AsArray,
        types::Float32Type,
    },
    arrow_schema::{DataType, Field, Schema, SchemaRef},
};

use crate::{
    KnowledgeError,
    chunk::{Chunk, ChunkId},
    embed::DIMENSIONS,
};

const WIDTH: i32 = DIMENSIONS as i32;

/// A chunk to store.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) chunk: Chunk,
    pub(crate) language: &'static str,
    /// None when there are no embeddings.
    pub(crate) vector: Option<Vec<f32>>,
}

/// A chunk's text, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredText {
    pub(crate) breadcrumb: String,
    pub(crate) symbols: Vec<String>,
    pub(crate) text: String,
}

pub(super) fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    Arc::new(Schema::new(vec![
        text("id"),
        text("language"),
        text("breadcrumb"),
        text("symbols"),
        text("code"),
        text("prose"),
        Field::new("vector", DataType::FixedSizeList(item, WIDTH), true),
    ]))
}

pub(super) fn to_batch(rows: &[Row]) -> Result<RecordBatch, KnowledgeError> {
    let text = |value: &dyn Fn(&Row) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
    };
    let columns = vec![
        text(&|row| row.chunk.id.to_string()),
        text(&|row| row.language.to_owned()),
        text(&|row| row.chunk.breadcrumb.clone()),
        text(&|row| row.chunk.symbols.join("\n")),
        text(&|row| row.chunk.text.clone()),
        text(&prose),
        Arc::new(vectors(rows)),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// What a chunk says in words: its headings and names, and its text without code.
fn prose(row: &Row) -> String {
    let chunk = &row.chunk;
    let mut words = vec![chunk.breadcrumb.clone(), chunk.symbols.join(" ")];
    let is_text = matches!(row.language, "markdown" | "text");
    let comment = |line: &&str| {
        ["//", "#", "*", "/*", "--", "\"\"\"", "<!--"].iter().any(|mark| line.trim_start().starts_with(mark))
    };
    words.extend(chunk.text.lines().filter(|line| is_text || comment(line)).map(str::to_owned));
    words.retain(|line| !line.is_empty());
    words.join("\n")
}

fn vectors(rows: &[Row]) -> FixedSizeListArray {
    let mut builder = FixedSizeListBuilder::new(Float32Builder::with_capacity(rows.len() * DIMENSIONS), WIDTH);
    for row in rows {
        match &row.vector {
            Some(vector) => builder.values().append_slice(vector),
            None => builder.values().append_nulls(DIMENSIONS),
        }
        builder.append(row.vector.is_some());
    }
    builder.finish()
}

pub(super) fn ids_with_flag(batch: &RecordBatch, column: &'static str) -> Result<Vec<(ChunkId, bool)>, KnowledgeError> {
    let flags: &BooleanArray =
        batch.column_by_name(column).and_then(|array| array.as_boolean_opt()).ok_or(KnowledgeError::Column(column))?;
    Ok(ids(batch)?.into_iter().enumerate().map(|(row, id)| (id, flags.value(row))).collect())
}

pub(super) fn ids_with_score(batch: &RecordBatch, column: &'static str) -> Result<Vec<(ChunkId, f32)>, KnowledgeError> {
    let scores: &Float32Array = batch
        .column_by_name(column)
        .and_then(|array| array.as_primitive_opt::<Float32Type>())
        .ok_or(KnowledgeError::Column(column))?;
    let scored = ids(batch)?.into_iter().enumerate();
    Ok(scored.filter(|(row, _)| scores.is_valid(*row)).map(|(row, id)| (id, scores.value(row))).collect())
}

pub(super) fn texts(batch: &RecordBatch) -> Result<Vec<(ChunkId, StoredText)>, KnowledgeError> {
    let (breadcrumbs, symbols, texts) =
        (strings(batch, "breadcrumb")?, strings(batch, "symbols")?, strings(batch, "code")?);
    let stored = |row: usize| StoredText {
        breadcrumb: breadcrumbs.value(row).to_owned(),
        symbols: symbols.value(row).lines().map(str::to_owned).collect(),
        text: texts.value(row).to_owned(),
    };
    Ok(ids(batch)?.into_iter().enumerate().map(|(row, id)| (id, stored(row))).collect())
}

fn ids(batch: &RecordBatch) -> Result<Vec<ChunkId>, KnowledgeError> {
    let ids = strings(batch, "id")?.iter().map(|id| id.and_then(|id| id.parse().ok()));
    ids.collect::<Option<Vec<ChunkId>>>().ok_or(KnowledgeError::Column("id"))
}

fn strings<'a>(batch: &'a RecordBatch, column: &'static str) -> Result<&'a StringArray, KnowledgeError> {
    batch.column_by_name(column).and_then(|array| array.as_string_opt::<i32>()).ok_or(KnowledgeError::Column(column))
}
