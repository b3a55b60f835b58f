-- Everything here is derived from verified blocks and can be rebuilt from them.
-- Amounts are fen; times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE blocks (
    height INTEGER PRIMARY KEY,
    block_id TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    log_size INTEGER NOT NULL,
    log_root TEXT NOT NULL,
    transactions INTEGER NOT NULL
);

-- One row for each transaction; its position in the log is its number.
CREATE TABLE records (
    log_index INTEGER PRIMARY KEY,
    height INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    organization TEXT NOT NULL,
    officer_key TEXT NOT NULL,
    reference TEXT NOT NULL,
    kind TEXT NOT NULL,
    code INTEGER NOT NULL,
    stage TEXT NOT NULL,
    documents TEXT NOT NULL,
    sentence_zh TEXT NOT NULL,
    sentence_en TEXT NOT NULL,
    call TEXT NOT NULL,
    outcome TEXT NOT NULL,
    proposal TEXT
);
CREATE INDEX records_by_proposal ON records (proposal, log_index);
CREATE INDEX records_by_code ON records (code, log_index);

CREATE TABLE proposals (
    transaction_id TEXT PRIMARY KEY,
    log_index INTEGER NOT NULL,
    call BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE record_organizations (
    organization TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (organization, log_index)
) WITHOUT ROWID;

CREATE TABLE record_projects (
    project TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (project, log_index)
) WITHOUT ROWID;

-- Acts that name an earlier record which they correct or replace.
CREATE TABLE corrections (
    log_index INTEGER NOT NULL,
    corrects INTEGER NOT NULL,
    PRIMARY KEY (log_index, corrects)
) WITHOUT ROWID;
CREATE INDEX corrections_of ON corrections (corrects, log_index);

-- Accounts, numbered in the order in which the ledger first shows them.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    encoded BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    measure TEXT NOT NULL,
    organization TEXT NOT NULL,
    fund TEXT NOT NULL,
    year INTEGER NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    category TEXT NOT NULL,
    notice TEXT NOT NULL,
    project TEXT,
    depth INTEGER NOT NULL,
    credited INTEGER NOT NULL,
    balance INTEGER NOT NULL
);
CREATE INDEX accounts_by_organization ON accounts (organization, kind, id);
CREATE INDEX accounts_by_notice ON accounts (notice, id);
CREATE INDEX accounts_by_project ON accounts (project, kind, id);

-- What the state says of quota lines; the number is the account's.
CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    parent INTEGER,
    documents TEXT NOT NULL,
    printed_in TEXT NOT NULL,
    implied INTEGER NOT NULL,
    first_year INTEGER NOT NULL,
    issued_on TEXT NOT NULL,
    received_on TEXT,
    quota INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    carried INTEGER NOT NULL,
    recovered INTEGER NOT NULL,
    transferred_out INTEGER NOT NULL
);
CREATE INDEX lines_by_parent ON lines (parent, id);

CREATE TABLE movements (
    number INTEGER PRIMARY KEY,
    log_index INTEGER NOT NULL,
    flow TEXT NOT NULL,
    measure TEXT NOT NULL,
    fund TEXT NOT NULL,
    level TEXT NOT NULL,
    category TEXT NOT NULL,
    notice TEXT NOT NULL,
    from_account INTEGER,
    to_account INTEGER NOT NULL,
    to_start INTEGER NOT NULL,
    to_end INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX movements_in ON movements (to_account, to_start);
CREATE INDEX movements_out ON movements (from_account, number);
CREATE INDEX movements_by_record ON movements (log_index, number);
CREATE INDEX movements_by_flow ON movements (flow, fund, number);
CREATE INDEX movements_by_notice ON movements (notice, flow, number);

-- Which movement took which positions of an account.
CREATE TABLE taken (
    account INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    movement INTEGER NOT NULL,
    PRIMARY KEY (account, start)
) WITHOUT ROWID;

-- Sums of movements, and of what is left in lines (flow 'left').
CREATE TABLE totals (
    measure TEXT NOT NULL,
    fund TEXT NOT NULL,
    notice TEXT NOT NULL,
    level TEXT NOT NULL,
    category TEXT NOT NULL,
    flow TEXT NOT NULL,
    amount INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (measure, fund, notice, level, category, flow)
) WITHOUT ROWID;
CREATE INDEX totals_by_notice ON totals (notice, measure, fund);

CREATE TABLE organizations (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    division INTEGER NOT NULL,
    division_name TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    check_digit_right INTEGER NOT NULL,
    came_in INTEGER NOT NULL,
    went_on INTEGER NOT NULL,
    paid INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    organization TEXT NOT NULL,
    role TEXT NOT NULL,
    live_from INTEGER NOT NULL,
    live_until INTEGER
) WITHOUT ROWID;
CREATE INDEX keys_by_organization ON keys (organization, live_from, key);

CREATE TABLE projects (
    reference TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    unit TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    year INTEGER NOT NULL,
    stage TEXT NOT NULL,
    contracted INTEGER NOT NULL,
    occurred_on TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX projects_by_unit ON projects (unit, reference);

-- What is known of a payment beside its account, whose number it has.
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    log_index INTEGER NOT NULL,
    line INTEGER NOT NULL,
    payee TEXT NOT NULL,
    payee_code TEXT,
    expenditure TEXT NOT NULL,
    amount INTEGER NOT NULL,
    occurred_on TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX payments_by_line ON payments (line, id);
