CREATE TABLE account (
  id BIGSERIAL NOT NULL,
  role VARCHAR NOT NULL,
  party VARCHAR NOT NULL,
  pod VARCHAR NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE UNIQUE INDEX account_name ON account (role, party, pod)
-- next
CREATE TABLE agreement (
  number BIGSERIAL NOT NULL,
  id BYTEA NOT NULL,
  tag BYTEA NOT NULL,
  pod VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  customer_share_ppm BIGINT NOT NULL,
  penalty_price BIGINT NOT NULL,
  least_delivery_ppm BIGINT NOT NULL,
  full_delivery_ppm BIGINT NOT NULL,
  wallet VARCHAR NOT NULL,
  account VARCHAR NOT NULL,
  transaction_hash BYTEA,
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
  number BIGINT NOT NULL,
  kind VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  party VARCHAR NOT NULL,
  month VARCHAR(7) NOT NULL,
  issued_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
  corrects BIGINT,
  micro BIGINT NOT NULL,
  rest BIGINT NOT NULL,
  cents BIGINT NOT NULL,
  line_count BIGINT NOT NULL,
  digest VARCHAR NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX document_party ON document (role, party, month)
-- next
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER document_no_delete BEFORE DELETE ON document FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not deleted')
-- next
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER document_no_update BEFORE UPDATE OF number, kind, role, month, issued_at, corrects, micro, rest, cents, line_count, digest ON document FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not changed')
-- next
CREATE OR REPLACE TRIGGER document_no_truncate BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION refuse_books('books are not deleted')
-- next
CREATE OR REPLACE FUNCTION refuse_number() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM document) THEN
RAISE EXCEPTION USING MESSAGE = 'numbers are consecutive',
ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END $$
-- next
CREATE OR REPLACE TRIGGER document_number_follows BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION refuse_number()
-- next
CREATE TABLE erased (
  name VARCHAR NOT NULL,
  PRIMARY KEY (name)
)
-- next
CREATE TABLE settlement (
  id VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE TABLE tree (
  id BIGSERIAL NOT NULL,
  root BYTEA NOT NULL,
  kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  size BIGINT NOT NULL,
  transaction_hash BYTEA,
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
  id BIGSERIAL NOT NULL,
  kind VARCHAR NOT NULL,
  reference VARCHAR NOT NULL,
  settlement_id VARCHAR,
  position BIGINT,
  agreement_id BYTEA,
  number BIGINT,
  transaction_hash BYTEA,
  month VARCHAR(7) NOT NULL,
  posted_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
  first_account BIGINT NOT NULL,
  first_micro BIGINT NOT NULL,
  first_rest BIGINT NOT NULL,
  second_account BIGINT NOT NULL,
  second_micro BIGINT NOT NULL,
  second_rest BIGINT NOT NULL,
  third_account BIGINT,
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
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER book_entry_no_delete BEFORE DELETE ON book_entry FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not deleted')
-- next
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER book_entry_no_update BEFORE UPDATE OF id, kind, settlement_id, position, agreement_id, number, transaction_hash, month, posted_at, first_account, first_micro, first_rest, second_account, second_micro, second_rest, third_account, third_micro, third_rest ON book_entry FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not changed')
-- next
CREATE OR REPLACE TRIGGER book_entry_no_truncate BEFORE TRUNCATE ON book_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_books('books are not deleted')
-- next
CREATE TABLE line (
  settlement_id VARCHAR NOT NULL,
  position BIGINT NOT NULL,
  line_id VARCHAR NOT NULL,
  corrects VARCHAR,
  content BYTEA NOT NULL,
  settled BYTEA,
  salt BYTEA NOT NULL,
  agreement_id BYTEA,
  number BIGINT,
  leaf BYTEA,
  paid BYTEA,
  refused BOOLEAN NOT NULL,
  transaction_hash BYTEA,
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
  tree_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  leaf BYTEA NOT NULL,
  content TEXT,
  salt BYTEA,
  created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
  PRIMARY KEY (id, owner),
  FOREIGN KEY(tree_id) REFERENCES tree (id)
)
-- next
CREATE UNIQUE INDEX record_place ON record (tree_id, position)
-- next
CREATE TABLE document_line (
  entry_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (entry_id, account_id),
  FOREIGN KEY(entry_id) REFERENCES book_entry (id),
  FOREIGN KEY(account_id) REFERENCES account (id),
  FOREIGN KEY(number) REFERENCES document (number)
)
-- next
CREATE INDEX ix_document_line_number ON document_line (number)
-- next
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER document_line_no_delete BEFORE DELETE ON document_line FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not deleted')
-- next
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
-- next
CREATE OR REPLACE TRIGGER document_line_no_update BEFORE UPDATE OF entry_id, account_id, number ON document_line FOR EACH ROW EXECUTE FUNCTION refuse_books('books are not changed')
-- next
CREATE OR REPLACE TRIGGER document_line_no_truncate BEFORE TRUNCATE ON document_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_books('books are not deleted')
