//! Names of the storage format, read once by the scanner.

/// What a node of the tree is. Names that mean the same to a reader share a variant (`b` and
/// `strong`, `ac:macro` and `ac:structured-macro`); the scanner pairs tags by their bytes, not by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Text,
    CharacterData,

    Paragraph,
    Heading(u8),
    BulletList,
    OrderedList,
    ListItem,
    Table,
    TableSection,
    Row,
    HeaderCell,
    DataCell,
    Columns,
    Preformatted,
    Quote,
    Rule,
    /// `div`, `body`, `dl`, …: ends a line and says nothing else.
    Block,

    Strong,
    Emphasis,
    Strike,
    Underline,
    Subscript,
    Superscript,
    Code,
    Anchor,
    HtmlImage,
    Break,
    Time,
    /// `span` and every name unknown to us: its text is read, itself is not shown.
    Transparent,

    Macro,
    Parameter,
    RichTextBody,
    PlainTextBody,
    Link,
    LinkBody,
    Image,
    Caption,
    Emoticon,
    TaskList,
    Task,
    TaskId,
    TaskUuid,
    TaskStatus,
    TaskBody,
    CommentMarker,
    Layout,
    LayoutSection,
    LayoutCell,
    Placeholder,
    AdfExtension,
    AdfNode,
    AdfAttribute,
    AdfContent,
    AdfFallback,
    /// Marks and other markup without words of its own (`ac:adf-mark`, `ac:adf-fragment-mark`).
    Silent,

    Page,
    BlogPost,
    Attachment,
    Url,
    User,
    Space,
    ContentEntity,
    Shortcut,

    /// Any element of the template namespace `at:`.
    Template,
}

impl Element {
    /// Leads somewhere when it is clicked, so that no other one may stand in it.
    pub(crate) fn is_link(self) -> bool {
        matches!(self, Self::Link | Self::Anchor)
    }

    pub(crate) fn from_name(name: &[u8]) -> Self {
        match name {
            b"p" => Self::Paragraph,
            b"li" => Self::ListItem,
            [b'a', b'c', b':', local @ ..] => Self::from_ac(local),
            [b'r', b'i', b':', local @ ..] => Self::from_ri(local),
            [b'a', b't', b':', ..] => Self::Template,
            _ => Self::from_html(name),
        }
    }

    fn from_html(name: &[u8]) -> Self {
        match name {
            b"h1" => Self::Heading(1),
            b"h2" => Self::Heading(2),
            b"h3" => Self::Heading(3),
            b"h4" => Self::Heading(4),
            b"h5" => Self::Heading(5),
            b"h6" => Self::Heading(6),
            b"ul" => Self::BulletList,
            b"ol" => Self::OrderedList,
            b"table" => Self::Table,
            b"thead" | b"tbody" | b"tfoot" => Self::TableSection,
            b"tr" => Self::Row,
            b"th" => Self::HeaderCell,
            b"td" => Self::DataCell,
            b"colgroup" | b"col" => Self::Columns,
            b"pre" => Self::Preformatted,
            b"blockquote" => Self::Quote,
            b"hr" => Self::Rule,
            b"strong" | b"b" => Self::Strong,
            b"em" | b"i" => Self::Emphasis,
            b"del" | b"s" | b"strike" => Self::Strike,
            b"u" | b"ins" => Self::Underline,
            b"sub" => Self::Subscript,
            b"sup" => Self::Superscript,
            b"code" | b"tt" | b"kbd" | b"samp" => Self::Code,
            b"a" => Self::Anchor,
            b"img" => Self::HtmlImage,
            b"br" => Self::Break,
            b"time" => Self::Time,
            b"div" | b"html" | b"body" | b"dl" | b"dt" | b"dd" | b"caption" | b"section"
            | b"article" | b"aside" | b"header" | b"footer" | b"main" | b"nav" | b"figure"
            | b"figcaption" | b"details" | b"summary" | b"address" | b"center" | b"fieldset"
            | b"form" => Self::Block,
            _ => Self::Transparent,
        }
    }

    fn from_ac(local: &[u8]) -> Self {
        match local {
            b"structured-macro" | b"macro" => Self::Macro,
            b"parameter" | b"default-parameter" => Self::Parameter,
            b"rich-text-body" => Self::RichTextBody,
            b"plain-text-body" => Self::PlainTextBody,
            b"link" => Self::Link,
            b"link-body" | b"plain-text-link-body" => Self::LinkBody,
            b"image" => Self::Image,
            b"caption" => Self::Caption,
            b"emoticon" => Self::Emoticon,
            b"task-list" => Self::TaskList,
            b"task" => Self::Task,
            b"task-id" => Self::TaskId,
            b"task-uuid" => Self::TaskUuid,
            b"task-status" => Self::TaskStatus,
            b"task-body" => Self::TaskBody,
            b"inline-comment-marker" => Self::CommentMarker,
            b"layout" => Self::Layout,
            b"layout-section" => Self::LayoutSection,
            b"layout-cell" => Self::LayoutCell,
            b"placeholder" => Self::Placeholder,
            b"time" => Self::Time,
            b"adf-extension" => Self::AdfExtension,
            b"adf-node" | b"adf-leaf" => Self::AdfNode,
            b"adf-attribute" | b"adf-parameter" => Self::AdfAttribute,
            b"adf-content" => Self::AdfContent,
            b"adf-fallback" => Self::AdfFallback,
            b"adf-mark" | b"adf-fragment-mark" | b"adf-fragment-mark-detail" => Self::Silent,
            _ => Self::Transparent,
        }
    }

    fn from_ri(local: &[u8]) -> Self {
        match local {
            b"page" => Self::Page,
            b"blog-post" => Self::BlogPost,
            b"attachment" => Self::Attachment,
            b"url" => Self::Url,
            b"user" => Self::User,
            b"space" => Self::Space,
            b"content-entity" => Self::ContentEntity,
            b"shortcut" => Self::Shortcut,
            _ => Self::Silent,
        }
    }

    /// Elements that HTML lets stand without an end tag.
    pub(crate) fn is_void(self) -> bool {
        matches!(self, Self::Break | Self::Rule | Self::HtmlImage)
    }

    /// A resource identifier: what a link, an image or a parameter points to.
    pub(crate) fn is_resource(self) -> bool {
        matches!(
            self,
            Self::Page
                | Self::BlogPost
                | Self::Attachment
                | Self::Url
                | Self::User
                | Self::Space
                | Self::ContentEntity
                | Self::Shortcut
        )
    }

    /// Shown without a text inside.
    pub(crate) fn says_something(self) -> bool {
        matches!(
            self,
            Self::Rule
                | Self::Preformatted
                | Self::Table
                | Self::Link
                | Self::HtmlImage
                | Self::Time
                | Self::Macro
                | Self::Image
                | Self::Emoticon
                | Self::TaskStatus
                | Self::AdfNode
                | Self::Template
        )
    }

    /// What only says how the element around it is, and is read where that one is shown.
    pub(crate) fn is_detail(self) -> bool {
        self.is_resource()
            || matches!(
                self,
                Self::TaskId
                    | Self::TaskUuid
                    | Self::TaskStatus
                    | Self::Parameter
                    | Self::AdfAttribute
                    | Self::Columns
                    | Self::Silent
            )
    }

    /// Content that no single line of Markdown can hold, so that neither a table row of
    /// GitHub-flavoured Markdown nor an inline macro can carry it.
    pub(crate) fn needs_lines(self) -> bool {
        matches!(
            self,
            Self::Heading(_)
                | Self::BulletList
                | Self::OrderedList
                | Self::ListItem
                | Self::Table
                | Self::Preformatted
                | Self::Quote
                | Self::Rule
                | Self::RichTextBody
                | Self::PlainTextBody
                | Self::TaskList
                | Self::Task
                | Self::Layout
                | Self::LayoutSection
                | Self::LayoutCell
                | Self::AdfExtension
                | Self::AdfNode
        )
    }

    /// Starts and ends on a line of its own.
    pub(crate) fn is_block(self) -> bool {
        self.needs_lines()
            || matches!(
                self,
                Self::Paragraph
                    | Self::Block
                    | Self::TableSection
                    | Self::Row
                    | Self::HeaderCell
                    | Self::DataCell
                    | Self::TaskBody
                    | Self::AdfContent
                    | Self::AdfFallback
            )
    }
}
