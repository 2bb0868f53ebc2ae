-- Portable between SQLite and PostgreSQL: ids TEXT (uuid v7), times and counts BIGINT
-- (milliseconds), JSON TEXT, bytes BYTEA. Every row hangs on one organization, itself or by its
-- site; a reference between two rows of identity carries the organization with it.

CREATE TABLE organization (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE site (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name TEXT NOT NULL,
    product TEXT NOT NULL,
    base_url TEXT NOT NULL,
    UNIQUE (organization_id, base_url),
    UNIQUE (organization_id, id)
);

CREATE TABLE principal (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (organization_id, id)
);

CREATE TABLE identity (
    organization_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    PRIMARY KEY (organization_id, issuer, subject),
    FOREIGN KEY (organization_id, principal_id) REFERENCES principal (organization_id, id)
);

CREATE TABLE client (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name TEXT NOT NULL,
    UNIQUE (organization_id, id)
);

CREATE TABLE token (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    principal_id TEXT NOT NULL,
    client_id TEXT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    opens TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    FOREIGN KEY (organization_id, principal_id) REFERENCES principal (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES client (organization_id, id)
);

CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    owner_id TEXT,
    visibility TEXT NOT NULL,
    sealed TEXT NOT NULL,
    UNIQUE (organization_id, site_id, id),
    FOREIGN KEY (organization_id, site_id) REFERENCES site (organization_id, id),
    FOREIGN KEY (organization_id, owner_id) REFERENCES principal (organization_id, id)
);

CREATE TABLE account_link (
    organization_id TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    account TEXT NOT NULL,
    proof TEXT NOT NULL,
    proved_at BIGINT NOT NULL,
    PRIMARY KEY (principal_id, site_id),
    FOREIGN KEY (organization_id, principal_id) REFERENCES principal (organization_id, id),
    FOREIGN KEY (organization_id, site_id) REFERENCES site (organization_id, id)
);

CREATE TABLE connection (
    organization_id TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    PRIMARY KEY (principal_id, site_id),
    FOREIGN KEY (organization_id, principal_id) REFERENCES principal (organization_id, id),
    FOREIGN KEY (organization_id, site_id, credential_id)
        REFERENCES credential (organization_id, site_id, id)
);

-- One row a site. Whoever writes content takes it first and keeps it until the commit, so the
-- order of the numbers is the order of the commits. A sequence would hand out a low number to a
-- late commit, and a reader of the change log would miss it.
CREATE TABLE site_counter (
    site_id TEXT PRIMARY KEY REFERENCES site (id),
    change_seq BIGINT NOT NULL
);

CREATE TABLE change (
    site_id TEXT NOT NULL REFERENCES site (id),
    seq BIGINT NOT NULL,
    content_id TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (site_id, seq)
);

CREATE TABLE acl_class (
    site_id TEXT NOT NULL REFERENCES site (id),
    class BIGINT NOT NULL,
    digest TEXT NOT NULL,
    rights TEXT NOT NULL,
    PRIMARY KEY (site_id, class),
    UNIQUE (site_id, digest)
);

CREATE TABLE space (
    site_id TEXT NOT NULL REFERENCES site (id),
    space_key TEXT NOT NULL,
    space_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    homepage_id TEXT,
    PRIMARY KEY (site_id, space_key)
);

-- The body comes last: SQLite then reads a header without walking over its pages.
CREATE TABLE page (
    site_id TEXT NOT NULL REFERENCES site (id),
    content_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    space_key TEXT NOT NULL,
    parent_id TEXT,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    version_at BIGINT NOT NULL,
    version_by TEXT,
    url TEXT NOT NULL,
    labels TEXT NOT NULL,
    ancestors TEXT NOT NULL,
    acl_class BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (site_id, content_id),
    FOREIGN KEY (site_id, acl_class) REFERENCES acl_class (site_id, class)
);
CREATE INDEX page_in_space ON page (site_id, space_key, content_id);
CREATE INDEX page_by_parent ON page (site_id, parent_id, content_id);
CREATE INDEX page_by_title ON page (site_id, space_key, title);
CREATE INDEX page_by_acl_class ON page (site_id, acl_class);

CREATE TABLE source (
    id TEXT PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    UNIQUE (site_id, name)
);

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    source_id TEXT NOT NULL REFERENCES source (id),
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    counts TEXT NOT NULL,
    error TEXT
);
CREATE INDEX run_by_source ON run (source_id, started_at);

-- The end of each organization's chain of events.
CREATE TABLE event_chain (
    organization_id TEXT PRIMARY KEY REFERENCES organization (id),
    seq BIGINT NOT NULL,
    digest TEXT NOT NULL
);

CREATE TABLE event (
    organization_id TEXT NOT NULL REFERENCES organization (id),
    seq BIGINT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (organization_id, seq)
);

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    kind TEXT NOT NULL,
    dedupe TEXT,
    payload TEXT NOT NULL,
    finished BOOLEAN NOT NULL,
    not_before BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    leased_until BIGINT,
    error TEXT
);
CREATE UNIQUE INDEX job_dedupe ON job (organization_id, kind, dedupe) WHERE NOT finished;
CREATE INDEX job_waiting ON job (kind, id) WHERE NOT finished;
