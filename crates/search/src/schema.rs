//! The fields of the index, and a page as its documents.
//!
//! A page is a block of documents next to each other in one segment: the page document
//! (`ordinal` 0), then one document for each section (`ordinal` 1, 2, …). From a section's document
//! id and ordinal follows the id of its page.

use std::collections::BTreeSet;

use document::Section;
use store::{AclClass, PageHeader};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing,
    TextOptions, Value,
};
use tantivy::tokenizer::{TokenizerManager, WhitespaceTokenizer};
use tantivy::{TantivyDocument, Term};

use crate::analysis::{Purpose, StopWords, analyzer, written};
use crate::plain::plain;

/// Name of the tokenizer that drops stop words.
const TEXT: &str = "weir_text";
/// Name of the tokenizer that keeps them.
const TITLE: &str = "weir_title";
/// Name of the tokenizer of what is made of terms already.
const WRITTEN: &str = "weir_written";

#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    /// On all documents: whose content it is. Updates and deletions go by it.
    pub(crate) content_id: Field,
    /// On all documents: who may see it.
    pub(crate) acl_class: Field,
    /// On all documents: 0 is the page, the sections count from 1.
    pub(crate) ordinal: Field,
    /// On page documents.
    pub(crate) version: Field,
    /// On page documents, in lower case.
    pub(crate) space: Field,
    /// On page documents, in lower case.
    pub(crate) label: Field,
    /// On page documents, with stop words.
    pub(crate) title: Field,
    /// On page documents: titles of the ancestors.
    pub(crate) breadcrumb: Field,
    /// On page documents: title, breadcrumb, all headings and bodies.
    pub(crate) page: Field,
    /// On page documents: each word of title, headings and bodies as it is written, once.
    pub(crate) written: Field,
    /// On section documents: title, breadcrumb, heading path and body.
    pub(crate) section: Field,
    /// On section documents, stored: headings from the top down.
    pub(crate) path: Field,
    /// On section documents, stored.
    pub(crate) anchor: Field,
    /// On section documents, stored: plain text.
    pub(crate) body: Field,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut schema = Schema::builder();
        Self {
            content_id: schema.add_text_field("content_id", STRING | STORED),
            acl_class: schema.add_u64_field("acl_class", FAST),
            ordinal: schema.add_u64_field("ordinal", FAST | INDEXED),
            version: schema.add_i64_field("version", FAST),
            space: schema.add_text_field("space", STRING),
            label: schema.add_text_field("label", STRING),
            title: schema
                .add_text_field("title", text(TITLE, IndexRecordOption::WithFreqsAndPositions)),
            breadcrumb: schema
                .add_text_field("breadcrumb", text(TEXT, IndexRecordOption::WithFreqs)),
            page: schema.add_text_field("page", text(TEXT, IndexRecordOption::WithFreqs)),
            written: schema.add_text_field("written", without_lengths(WRITTEN)),
            section: schema
                .add_text_field("section", text(TEXT, IndexRecordOption::WithFreqsAndPositions)),
            path: schema.add_text_field("path", STORED),
            anchor: schema.add_text_field("anchor", STORED),
            body: schema.add_text_field("body", STORED),
            schema: schema.build(),
        }
    }

    pub(crate) fn content_id_term(&self, content_id: &str) -> Term {
        Term::from_field_text(self.content_id, content_id)
    }

    /// The term that all page documents have and no section document.
    pub(crate) fn page_documents(&self) -> Term {
        Term::from_field_u64(self.ordinal, 0)
    }

    /// A page as the block of documents that stands for it.
    pub(crate) fn documents(
        &self,
        header: &PageHeader,
        sections: &[Section],
    ) -> Vec<TantivyDocument> {
        let bodies: Vec<String> = sections.iter().map(body).collect();
        let head = self.page_document(header, sections, &bodies);
        let parts = (1..).zip(sections.iter().zip(&bodies)).map(|(ordinal, (section, body))| {
            self.section_document(header, ordinal, section, body)
        });
        std::iter::once(head).chain(parts).collect()
    }

    fn page_document(
        &self,
        header: &PageHeader,
        sections: &[Section],
        bodies: &[String],
    ) -> TantivyDocument {
        let mut document = self.any_document(header, 0);
        document.add_i64(self.version, header.version);
        document.add_text(self.space, header.space_key.to_lowercase());
        for label in &header.labels {
            document.add_text(self.label, label.to_lowercase());
        }
        document.add_text(self.title, &header.title);
        document.add_text(self.page, &header.title);
        for ancestor in &header.ancestors {
            document.add_text(self.breadcrumb, &ancestor.title);
            document.add_text(self.page, &ancestor.title);
        }
        for (section, body) in sections.iter().zip(bodies) {
            if let Some(heading) = section.path.last() {
                document.add_text(self.page, heading);
            }
            document.add_text(self.page, body);
        }
        let headings = sections.iter().filter_map(|section| section.path.last());
        let texts = std::iter::once(header.title.as_str())
            .chain(headings.map(AsRef::as_ref))
            .chain(bodies.iter().map(String::as_str));
        let words: BTreeSet<String> =
            texts.flat_map(|text| written(StopWords::Kept, text)).collect();
        document.add_text(self.written, Vec::from_iter(words).join(" "));
        document
    }

    fn section_document(
        &self,
        header: &PageHeader,
        ordinal: u64,
        section: &Section,
        body: &str,
    ) -> TantivyDocument {
        let mut document = self.any_document(header, ordinal);
        document.add_text(self.section, &header.title);
        for ancestor in &header.ancestors {
            document.add_text(self.section, &ancestor.title);
        }
        for heading in &section.path {
            document.add_text(self.section, heading);
            document.add_text(self.path, heading);
        }
        document.add_text(self.section, body);
        document.add_text(self.body, body);
        if let Some(anchor) = &section.anchor {
            document.add_text(self.anchor, anchor);
        }
        document
    }

    fn any_document(&self, header: &PageHeader, ordinal: u64) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.content_id, &header.content_id);
        document.add_u64(self.acl_class, class_number(header.acl_class));
        document.add_u64(self.ordinal, ordinal);
        document
    }
}

/// The text of a section without the line of its heading, which the path has.
fn body(section: &Section) -> String {
    match section.markdown.split_once('\n') {
        _ if section.path.is_empty() => plain(&section.markdown),
        Some((_heading, text)) => plain(text),
        None => String::new(),
    }
}

/// All values of a stored text field.
pub(crate) fn texts(document: &TantivyDocument, field: Field) -> impl Iterator<Item = &str> {
    document.get_all(field).filter_map(|value| value.as_str())
}

pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(TEXT, analyzer(Purpose::Index, StopWords::Dropped));
    tokenizers.register(TITLE, analyzer(Purpose::Index, StopWords::Kept));
    tokenizers.register(WRITTEN, WhitespaceTokenizer::default());
    tokenizers
}

pub(crate) fn class_number(class: AclClass) -> u64 {
    class.0.cast_unsigned()
}

pub(crate) fn class_of_number(number: u64) -> AclClass {
    AclClass(number.cast_signed())
}

/// A match counts the same on a long page and on a short one.
fn without_lengths(tokenizer: &str) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}

fn text(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record);
    TextOptions::default().set_indexing_options(indexing)
}
