CREATE TABLE account (
  id INTEGER NOT NULL,
  role VARCHAR NOT NULL,
  party VARCHAR NOT NULL,
  pod VARCHAR NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE UNIQUE INDEX account_name ON account (role, party, pod)
-- next
CREATE TABLE agreement (
  number INTEGER NOT NULL,
  id BLOB NOT NULL,
  tag BLOB NOT NULL,
  pod VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  customer_share_ppm INTEGER NOT NULL,
  penalty_price INTEGER NOT NULL,
  least_delivery_ppm INTEGER NOT NULL,
  full_delivery_ppm INTEGER NOT NULL,
  wallet VARCHAR NOT NULL,
  account VARCHAR NOT NULL,
  transaction_hash BLOB,
  since_s BIGINT NOT NULL,
  ended_s BIGINT,
  PRIMARY KEY (number),
  UNIQUE (id)
)
-- next
CREATE INDEX agreement_parties ON agreement (aggregator_id, pod)
-- next
CREATE TABLE contract (
  name VARCHAR NOT NULL,
  address VARCHAR NOT NULL,
  code_hash VARCHAR NOT NULL,
  PRIMARY KEY (name)
)
-- next
CREATE TABLE document (
  number INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  party VARCHAR NOT NULL,
  month VARCHAR(7) NOT NULL,
  issued_at DATETIME NOT NULL,
  corrects INTEGER,
  micro BIGINT NOT NULL,
  rest BIGINT NOT NULL,
  cents BIGINT NOT NULL,
  line_count INTEGER NOT NULL,
  digest VARCHAR NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX document_party ON document (role, party, month)
-- next
CREATE TRIGGER IF NOT EXISTS document_no_delete BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'books are not deleted'); END
-- next
CREATE TRIGGER IF NOT EXISTS document_no_update BEFORE UPDATE OF number, kind, role, month, issued_at, corrects, micro, rest, cents, line_count, digest ON document BEGIN SELECT RAISE(ABORT, 'books are not changed'); END
-- next
CREATE TRIGGER IF NOT EXISTS document_number_follows BEFORE INSERT ON document WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM document) BEGIN SELECT RAISE(ABORT, 'numbers are consecutive'); END
-- next
CREATE TABLE erased (
  name VARCHAR NOT NULL,
  PRIMARY KEY (name)
)
-- next
CREATE TABLE settlement (
  id VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE TABLE tree (
  id INTEGER NOT NULL,
  root BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  size INTEGER NOT NULL,
  transaction_hash BLOB,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_tree_transaction_hash ON tree (transaction_hash)
-- next
CREATE TABLE wallet (
  pod VARCHAR NOT NULL,
  address VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  customer_id VARCHAR,
  PRIMARY KEY (pod)
)
-- next
CREATE TABLE book_entry (
  id INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  reference VARCHAR NOT NULL,
  settlement_id VARCHAR,
  position INTEGER,
  agreement_id BLOB,
  number INTEGER,
  transaction_hash BLOB,
  month VARCHAR(7) NOT NULL,
  posted_at DATETIME NOT NULL,
  first_account INTEGER NOT NULL,
  first_micro BIGINT NOT NULL,
  first_rest BIGINT NOT NULL,
  second_account INTEGER NOT NULL,
  second_micro BIGINT NOT NULL,
  second_rest BIGINT NOT NULL,
  third_account INTEGER,
  third_micro BIGINT NOT NULL,
  third_rest BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT entry_sums_to_zero CHECK (first_micro + second_micro + third_micro + (first_rest + second_rest + third_rest) / 1000000000000 = 0 AND (first_rest + second_rest + third_rest) % 1000000000000 = 0),
  CONSTRAINT rests_are_rests CHECK (first_rest >= 0 AND first_rest < 1000000000000 AND second_rest >= 0 AND second_rest < 1000000000000 AND third_rest >= 0 AND third_rest < 1000000000000),
  FOREIGN KEY(first_account) REFERENCES account (id),
  FOREIGN KEY(second_account) REFERENCES account (id),
  FOREIGN KEY(third_account) REFERENCES account (id)
)
-- next
CREATE INDEX ix_book_entry_first_account ON book_entry (first_account)
-- next
CREATE INDEX entry_agreement ON book_entry (agreement_id)
-- next
CREATE UNIQUE INDEX entry_line ON book_entry (settlement_id, position)
-- next
CREATE INDEX ix_book_entry_second_account ON book_entry (second_account)
-- next
CREATE INDEX ix_book_entry_third_account ON book_entry (third_account)
-- next
CREATE UNIQUE INDEX entry_reference ON book_entry (kind, reference)
-- next
CREATE TRIGGER IF NOT EXISTS book_entry_no_delete BEFORE DELETE ON book_entry BEGIN SELECT RAISE(ABORT, 'books are not deleted'); END
-- next
CREATE TRIGGER IF NOT EXISTS book_entry_no_update BEFORE UPDATE OF id, kind, settlement_id, position, agreement_id, number, transaction_hash, month, posted_at, first_account, first_micro, first_rest, second_account, second_micro, second_rest, third_account, third_micro, third_rest ON book_entry BEGIN SELECT RAISE(ABORT, 'books are not changed'); END
-- next
CREATE TABLE line (
  settlement_id VARCHAR NOT NULL,
  position INTEGER NOT NULL,
  line_id VARCHAR NOT NULL,
  corrects VARCHAR,
  content BLOB NOT NULL,
  settled BLOB,
  salt BLOB NOT NULL,
  agreement_id BLOB,
  number INTEGER,
  leaf BLOB,
  paid BLOB,
  refused BOOLEAN NOT NULL,
  transaction_hash BLOB,
  PRIMARY KEY (settlement_id, position),
  FOREIGN KEY(settlement_id) REFERENCES settlement (id)
)
-- next
CREATE INDEX ix_line_corrects ON line (corrects)
-- next
CREATE INDEX ix_line_transaction_hash ON line (transaction_hash)
-- next
CREATE INDEX ix_line_line_id ON line (line_id)
-- next
CREATE INDEX line_number ON line (agreement_id, number)
-- next
CREATE TABLE record (
  id VARCHAR NOT NULL,
  tree_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  leaf BLOB NOT NULL,
  content TEXT,
  salt BLOB,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (id, owner),
  FOREIGN KEY(tree_id) REFERENCES tree (id)
)
-- next
CREATE UNIQUE INDEX record_place ON record (tree_id, position)
-- next
CREATE TABLE document_line (
  entry_id INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (entry_id, account_id),
  FOREIGN KEY(entry_id) REFERENCES book_entry (id),
  FOREIGN KEY(account_id) REFERENCES account (id),
  FOREIGN KEY(number) REFERENCES document (number)
)
-- next
CREATE INDEX ix_document_line_number ON document_line (number)
-- next
CREATE TRIGGER IF NOT EXISTS document_line_no_delete BEFORE DELETE ON document_line BEGIN SELECT RAISE(ABORT, 'books are not deleted'); END
-- next
CREATE TRIGGER IF NOT EXISTS document_line_no_update BEFORE UPDATE OF entry_id, account_id, number ON document_line BEGIN SELECT RAISE(ABORT, 'books are not changed'); END
