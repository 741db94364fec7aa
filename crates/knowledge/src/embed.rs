//! Texts to vectors, with the model whose files lie in a directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fastembed::{
    InitOptionsUserDefined, Pooling, QuantizationMode, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};

use crate::{KnowledgeError, runtime::LibrarySource};

/// Length of a vector of the default model.
pub const DIMENSIONS: usize = 384;
/// Most word pieces that the model reads of a text.
const MAX_LENGTH: usize = 256;
/// Texts per call of the model. Padding costs as much as text, so a batch is small and its texts about equally long.
pub const BATCH: usize = 16;

/// Where the model's files lie: `FORGELINE_MODEL_DIR`, else beside the executable, else where this was built.
pub fn model_dir() -> PathBuf {
    const NAME: &str = "models/all-MiniLM-L6-v2-w8";
    if let Some(dir) = std::env::var_os("FORGELINE_MODEL_DIR").filter(|dir| !dir.is_empty()) {
        return dir.into();
    }
    let executable = std::env::current_exe().ok();
    let beside = executable.as_deref().and_then(Path::parent);
    let installed = beside.into_iter().flat_map(|dir| [dir.join(NAME), dir.join("../share/forgeline").join(NAME)]);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(NAME);
    installed.chain([built]).find(|dir| dir.is_dir()).unwrap_or_else(|| PathBuf::from(NAME))
}

/// The files of a model, read whole.
pub(crate) struct ModelFiles {
    weights: Vec<u8>,
    tokenizer: TokenizerFiles,
    fingerprint: String,
}

impl ModelFiles {
    /// Reads the model's files.
    ///
    /// # Errors
    /// One is missing; the text names it.
    pub(crate) fn read(dir: &Path) -> Result<Self, String> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path).map_err(|error| format!("cannot read the embedding model's `{}`: {error}", path.display()))
        };
        let weights = read("model.onnx")?;
        let tokenizer = TokenizerFiles {
            tokenizer_file: read("tokenizer.json")?,
            config_file: read("config.json")?,
            special_tokens_map_file: read("special_tokens_map.json")?,
            tokenizer_config_file: read("tokenizer_config.json")?,
        };
        let mut hasher = blake3::Hasher::new();
        for part in [
            weights.as_slice(),
            &tokenizer.tokenizer_file,
            &tokenizer.config_file,
            &tokenizer.special_tokens_map_file,
            &tokenizer.tokenizer_config_file,
            format!("mean pooling, no prefix, {MAX_LENGTH} word pieces, {DIMENSIONS} f32").as_bytes(),
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let fingerprint = hasher.finalize().to_hex()[..16].to_owned();
        Ok(Self { weights, tokenizer, fingerprint })
    }

    /// What all a vector depends on besides the text.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// A loaded model.
pub struct Embedder {
    model: TextEmbedding,
}

impl Embedder {
    /// Loads the model of a directory with the given library.
    ///
    /// # Errors
    /// The library or a file is missing or does not fit; the text says which and what to do.
    pub fn load(library: &LibrarySource, dir: &Path) -> Result<Self, String> {
        Self::from_files(library, ModelFiles::read(dir)?)
    }

    pub(crate) fn from_files(library: &LibrarySource, files: ModelFiles) -> Result<Self, String> {
        let environment = library.open()?;
        // Activations stay f32 in this model, so a text's vector does not depend on its batch.
        let model = UserDefinedEmbeddingModel::new(files.weights, files.tokenizer)
            .with_pooling(Pooling::Mean)
            .with_quantization(QuantizationMode::None);
        let options = InitOptionsUserDefined::new().with_max_length(MAX_LENGTH).with_environment(environment);
        let model = TextEmbedding::try_new_from_user_defined(model, options)
            .map_err(|error| format!("the embedding model cannot be loaded: {error}"))?;
        Ok(Self { model })
    }

    /// The vectors of these texts, in their order, each of length one.
    ///
    /// # Errors
    /// The model failed.
    pub fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, KnowledgeError> {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| texts[index].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in order.chunks(BATCH) {
            let batch_texts: Vec<&str> = batch.iter().map(|&index| texts[index].as_str()).collect();
            let embedded = self.model.embed(batch_texts, Some(BATCH))?;
            for (&index, vector) in batch.iter().zip(embedded) {
                if vector.len() != DIMENSIONS {
                    let found = vector.len();
                    let fault = format!("the model makes vectors of {found} numbers, the index holds {DIMENSIONS}");
                    return Err(KnowledgeError::Invalid(fault));
                }
                vectors[index] = vector;
            }
        }
        Ok(vectors)
    }
}
