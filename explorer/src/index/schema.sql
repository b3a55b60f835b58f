-- Everything here is derived from verified blocks and can be rebuilt from them.
-- Amounts are fen; times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What is kept of earlier heights (index/history.rs): the first height from which every one can be
-- told, the heights with which months ended, and the block that is being written: rows are kept as
-- they were at the height `floor`.
CREATE TABLE history (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    kept_from INTEGER NOT NULL
);
CREATE TABLE month_ends (
    height INTEGER PRIMARY KEY
);
CREATE TABLE writing (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    height INTEGER NOT NULL,
    floor INTEGER NOT NULL
);

CREATE TABLE blocks (
    height INTEGER PRIMARY KEY,
    block_id TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    log_size INTEGER NOT NULL,
    log_root TEXT NOT NULL,
    transactions INTEGER NOT NULL
);

-- What certifies each block above genesis: a fork is proven by two of them.
CREATE TABLE certificates (
    height INTEGER PRIMARY KEY,
    header BLOB NOT NULL,
    certificate BLOB NOT NULL
);

-- How many rows there are, for pages that say so: reading a table to count it takes longer the
-- longer the ledger is.
CREATE TABLE counts (
    what TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counts VALUES ('organizations', 0), ('projects', 0), ('refused', 0);

-- Who certifies the blocks above a height, as names and powers in JSON; and whole, as evidence has
-- them.
CREATE TABLE validator_sets (
    height INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    hash TEXT NOT NULL,
    members TEXT NOT NULL,
    encoded BLOB NOT NULL
);

-- Hashes of the log's tree, a C2SP tile a row.
CREATE TABLE log_tiles (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
);

-- The log's leaves as they were hashed.
CREATE TABLE leaves (
    log_index INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);

-- One row for each transaction; its position in the log is its number. What was signed and what
-- became of it stand in its leaf.
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
    proposal TEXT
);
CREATE INDEX records_by_proposal ON records (proposal, log_index);

-- The refused ones among them: few, and far apart.
CREATE TABLE refusals (
    log_index INTEGER PRIMARY KEY
);
CREATE TRIGGER refused AFTER INSERT ON records WHEN new.code > 0 BEGIN
    INSERT INTO refusals VALUES (new.log_index);
    UPDATE counts SET count = count + 1 WHERE what = 'refused';
END;

CREATE TABLE proposals (
    transaction_id TEXT PRIMARY KEY,
    log_index INTEGER NOT NULL
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

-- Records that enter a row of a printed notice.
CREATE TABLE notice_rows (
    notice TEXT NOT NULL,
    row INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (notice, row, log_index)
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
    balance INTEGER NOT NULL,
    -- Where its holder was registered, and when money first came, for the sums below.
    division INTEGER NOT NULL,
    issued_on TEXT NOT NULL
);
CREATE INDEX accounts_by_division ON accounts (division, year, id) WHERE kind = 'line';
CREATE INDEX accounts_by_year ON accounts (year, level, id) WHERE kind = 'line';
CREATE INDEX accounts_by_fund ON accounts (fund, id) WHERE kind = 'line';
CREATE INDEX accounts_of_lines ON accounts (id) WHERE kind = 'line';
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
CREATE INDEX movements_of_flow ON movements (flow, number);
CREATE INDEX movements_by_flow ON movements (flow, fund, number);
CREATE INDEX movements_by_notice ON movements (notice, flow, number);

-- Which movement took which positions of an account.
CREATE TABLE taken (
    account INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
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

-- Movements by which a fund got money from another fund (`from_funds`) or gave it there (`to_funds`);
-- the sums are in totals, under the same names.
CREATE TABLE crossings (
    fund TEXT NOT NULL,
    measure TEXT NOT NULL,
    flow TEXT NOT NULL,
    movement INTEGER NOT NULL,
    PRIMARY KEY (fund, measure, flow, movement)
) WITHOUT ROWID;

-- Where quota is: what lines of a year paid (less what came back) and what is left in them. Beside
-- it, what came to a division and left it: in and out (other divisions and the outside, less what
-- was given back or corrected), carried_in and carried_out (other years of the line), moved_in and
-- moved_out (other years and funds within the division). In each year and division
-- in + carried_in + moved_in = out + carried_out + moved_out + spent + left.
CREATE TABLE bands (
    year INTEGER NOT NULL,
    fund TEXT NOT NULL,
    level TEXT NOT NULL,
    division INTEGER NOT NULL,
    category TEXT NOT NULL,
    flow TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (year, fund, level, division, category, flow)
) WITHOUT ROWID;
CREATE INDEX bands_by_division ON bands (division, year);

-- The same by project; what names none has the empty name.
CREATE TABLE project_bands (
    year INTEGER NOT NULL,
    division INTEGER NOT NULL,
    category TEXT NOT NULL,
    project TEXT NOT NULL,
    spent INTEGER NOT NULL,
    unspent INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (year, division, category, project)
) WITHOUT ROWID;
CREATE INDEX project_bands_by_division ON project_bands (division, project);
CREATE INDEX project_bands_largest ON project_bands (year, division, category, amount, project);

-- What is left in lines, by the day on which money first came to them.
CREATE TABLE held (
    year INTEGER NOT NULL,
    division INTEGER NOT NULL,
    issued_on TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (division, year, issued_on)
) WITHOUT ROWID;

-- What was paid by lines of a year in each month, less what came back.
CREATE TABLE months (
    year INTEGER NOT NULL,
    division INTEGER NOT NULL,
    month TEXT NOT NULL,
    spent INTEGER NOT NULL,
    PRIMARY KEY (year, division, month)
) WITHOUT ROWID;

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
CREATE INDEX organizations_by_division ON organizations (division, code);
CREATE INDEX organizations_by_kind ON organizations (kind, code);
CREATE TRIGGER organizations_counted AFTER INSERT ON organizations BEGIN
    UPDATE counts SET count = count + 1 WHERE what = 'organizations';
END;

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
CREATE INDEX projects_by_year ON projects (year, reference);
CREATE TRIGGER projects_counted AFTER INSERT ON projects BEGIN
    UPDATE counts SET count = count + 1 WHERE what = 'projects';
END;
-- A project that changes is replaced: its row goes and comes.
CREATE TRIGGER projects_uncounted AFTER DELETE ON projects BEGIN
    UPDATE counts SET count = count - 1 WHERE what = 'projects';
END;

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

-- The authenticated state of the indexed height, for what the contracts derive from it.
CREATE TABLE state (
    key BLOB PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- What acts are about beside organisations and projects: `fund:HOST/REFERENCE` and the like.
CREATE TABLE record_subjects (
    subject TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (subject, log_index)
) WITHOUT ROWID;

-- Obligations to publish, one row a period. How each stands follows from its days and today's.
CREATE TABLE obligations (
    id INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    period INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    opens_on TEXT NOT NULL,
    provisional INTEGER NOT NULL,
    waived INTEGER NOT NULL,
    record INTEGER NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    article TEXT NOT NULL,
    verified INTEGER NOT NULL,
    met_on TEXT,
    met_due_on TEXT,
    publication TEXT,
    corrected_on TEXT,
    corrected_by TEXT,
    UNIQUE (holder, rule, subject, period)
);
CREATE INDEX obligations_by_due ON obligations (due_on, id);
CREATE INDEX obligations_of ON obligations (holder, due_on, id);
CREATE INDEX obligations_met_by ON obligations (holder, publication);
CREATE INDEX obligations_unmet ON obligations (due_on, id) WHERE met_on IS NULL AND waived = 0;
CREATE INDEX obligations_unmet_of ON obligations (holder, due_on, id)
    WHERE met_on IS NULL AND waived = 0;
CREATE INDEX obligations_late_of ON obligations (holder, due_on, id) WHERE met_on > met_due_on;

CREATE TABLE publications (
    organization TEXT NOT NULL,
    number TEXT NOT NULL,
    record INTEGER NOT NULL,
    title TEXT NOT NULL,
    topic TEXT NOT NULL,
    published_on TEXT NOT NULL,
    recorded_on TEXT NOT NULL,
    files INTEGER NOT NULL,
    corrects TEXT,
    corrected_by TEXT,
    PRIMARY KEY (organization, number)
) WITHOUT ROWID;
CREATE INDEX publications_newest ON publications (record);
CREATE INDEX publications_of ON publications (organization, record);

-- Funds under charities; what they hold is the sum of their accounts.
CREATE TABLE charity_funds (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    fund TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    closed_on TEXT,
    pool INTEGER NOT NULL,
    restricted INTEGER NOT NULL,
    goods INTEGER NOT NULL,
    UNIQUE (host, fund)
);

CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY,
    filing TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    fund TEXT NOT NULL,
    title TEXT NOT NULL,
    begins_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    raised INTEGER NOT NULL,
    gifts INTEGER NOT NULL
);
CREATE INDEX campaigns_of ON campaigns (host, id);

CREATE TABLE gifts (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    reference TEXT NOT NULL,
    fund TEXT NOT NULL,
    campaign TEXT,
    received_on TEXT NOT NULL,
    goods INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    restriction TEXT,
    voided INTEGER NOT NULL,
    record INTEGER NOT NULL,
    -- Where it first came in: an account's number and a position.
    account INTEGER,
    inflow INTEGER,
    -- 单位, 自然人 or 匿名; and the organisation's code, or the commitment to a person's name.
    donor_kind TEXT NOT NULL,
    donor TEXT,
    UNIQUE (host, reference)
);
CREATE INDEX gifts_of_host ON gifts (host, id);
CREATE INDEX gifts_of_record ON gifts (record);
CREATE INDEX gifts_of_fund ON gifts (host, fund, id);
CREATE INDEX gifts_by_day ON gifts (host, fund, received_on, id);
CREATE INDEX gifts_of_campaign ON gifts (campaign, id);

-- Commitments to names of natural persons that acts name as donors, also acts that still wait.
CREATE TABLE donors (
    commitment TEXT PRIMARY KEY
) WITHOUT ROWID;

-- Names of those who agreed to be named, as the node gave them in this run of the explorer. No
-- earlier rows are kept of this table: what an order erases is gone from pages of every height.
CREATE TABLE donor_names (
    commitment TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE payouts (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    reference TEXT NOT NULL,
    account INTEGER NOT NULL,
    fund TEXT NOT NULL,
    gift TEXT,
    resolution TEXT,
    expense TEXT NOT NULL,
    paid_on TEXT NOT NULL,
    kept INTEGER NOT NULL,
    record INTEGER NOT NULL,
    evidence INTEGER,
    helped INTEGER,
    UNIQUE (host, reference)
);
CREATE INDEX payouts_of_fund ON payouts (host, fund, id);
CREATE INDEX payouts_by_day ON payouts (host, fund, paid_on, id);
CREATE INDEX payouts_by_account ON payouts (account);

-- What charities received and spent, by the quarter in which it happened.
CREATE TABLE charity_quarters (
    host TEXT NOT NULL,
    year INTEGER NOT NULL,
    quarter INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (host, year, quarter, kind)
) WITHOUT ROWID;

-- The same by month and kind: of each fund, of each charity (no fund), and of all (no host either).
CREATE TABLE charity_months (
    host TEXT NOT NULL,
    fund TEXT NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (host, fund, month, kind)
) WITHOUT ROWID;
CREATE INDEX charity_months_of_charities ON charity_months (month, host)
    WHERE fund = '' AND host <> '';
CREATE INDEX charity_months_of_funds ON charity_months (host, month, fund) WHERE fund <> '';

-- What lottery centres stated of a game and month, as it was settled last.
CREATE TABLE lottery_sales (
    centre TEXT NOT NULL,
    period TEXT NOT NULL,
    game TEXT NOT NULL,
    sales INTEGER NOT NULL,
    fund INTEGER NOT NULL,
    central INTEGER NOT NULL,
    local INTEGER NOT NULL,
    unclaimed INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (centre, period, game)
) WITHOUT ROWID;
CREATE INDEX lottery_sales_by_period ON lottery_sales (period, game, centre);

-- What of the central share was remitted, less what came back.
CREATE TABLE lottery_remittances (
    centre TEXT NOT NULL,
    reference TEXT NOT NULL,
    period TEXT NOT NULL,
    remitted_on TEXT NOT NULL,
    kept INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (centre, reference)
) WITHOUT ROWID;
CREATE INDEX lottery_remittances_by_period ON lottery_remittances (period, centre, reference);

CREATE TABLE complaints (
    organization TEXT NOT NULL,
    reference TEXT NOT NULL,
    record INTEGER NOT NULL,
    respondent TEXT NOT NULL,
    handler TEXT NOT NULL,
    stage TEXT NOT NULL,
    received_on TEXT NOT NULL,
    due_on TEXT,
    PRIMARY KEY (organization, reference)
) WITHOUT ROWID;
CREATE INDEX complaints_newest ON complaints (record);
CREATE INDEX complaints_owed ON complaints (handler, due_on) WHERE due_on IS NOT NULL;

CREATE TABLE audits (
    id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL,
    reference TEXT NOT NULL,
    first_year INTEGER NOT NULL,
    last_year INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    open INTEGER NOT NULL,
    closed_on TEXT,
    UNIQUE (organization, reference)
);

CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL,
    reference TEXT NOT NULL,
    number INTEGER NOT NULL,
    about TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    rectified INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    stage TEXT NOT NULL,
    position TEXT NOT NULL,
    claimed_on TEXT,
    record INTEGER NOT NULL,
    UNIQUE (organization, reference, number)
);
CREATE INDEX findings_open ON findings (due_on, id) WHERE stage <> '已销号';
CREATE INDEX findings_about ON findings (about, id);

CREATE TABLE samples (
    organization TEXT NOT NULL,
    reference TEXT NOT NULL,
    record INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    population INTEGER NOT NULL,
    size INTEGER NOT NULL,
    target INTEGER NOT NULL,
    progress TEXT NOT NULL,
    planned_on TEXT NOT NULL,
    PRIMARY KEY (organization, reference)
) WITHOUT ROWID;
CREATE INDEX samples_newest ON samples (record);
