CREATE TABLE access (
  number INTEGER NOT NULL,
  at_s BIGINT NOT NULL,
  party_id VARCHAR NOT NULL,
  client_id VARCHAR NOT NULL,
  audit_case VARCHAR NOT NULL,
  call VARCHAR NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX ix_access_audit_case ON access (audit_case)
-- next
CREATE INDEX ix_access_at_s ON access (at_s)
-- next
CREATE TABLE certificate (
  serial VARCHAR NOT NULL,
  common_name VARCHAR NOT NULL,
  usage VARCHAR NOT NULL,
  not_before_s BIGINT NOT NULL,
  not_after_s BIGINT NOT NULL,
  requested_by VARCHAR NOT NULL,
  issued_s BIGINT NOT NULL,
  PRIMARY KEY (serial)
)
-- next
CREATE INDEX ix_certificate_common_name ON certificate (common_name)
-- next
CREATE TABLE party (
  party_id VARCHAR NOT NULL,
  PRIMARY KEY (party_id)
)
-- next
CREATE TABLE client (
  client_id VARCHAR NOT NULL,
  party_id VARCHAR NOT NULL,
  secret_hash VARCHAR NOT NULL,
  created_s BIGINT NOT NULL,
  PRIMARY KEY (client_id),
  FOREIGN KEY(party_id) REFERENCES party (party_id)
)
-- next
CREATE TABLE party_role (
  party_id VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  PRIMARY KEY (party_id, role),
  FOREIGN KEY(party_id) REFERENCES party (party_id)
)
-- next
CREATE TABLE person (
  name VARCHAR NOT NULL,
  party_id VARCHAR NOT NULL,
  password_hash VARCHAR NOT NULL,
  second_factor VARCHAR NOT NULL,
  last_step BIGINT NOT NULL,
  created_s BIGINT NOT NULL,
  PRIMARY KEY (name),
  FOREIGN KEY(party_id) REFERENCES party (party_id)
)
-- next
CREATE TABLE person_role (
  name VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  PRIMARY KEY (name, role),
  FOREIGN KEY(name) REFERENCES person (name)
)
-- next
CREATE TABLE sign_in (
  id VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  client_id VARCHAR NOT NULL,
  refresh_hash VARCHAR NOT NULL,
  began_s BIGINT NOT NULL,
  used_s BIGINT NOT NULL,
  ends_s BIGINT NOT NULL,
  agent VARCHAR NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(name) REFERENCES person (name),
  UNIQUE (refresh_hash)
)
-- next
CREATE INDEX ix_sign_in_ends_s ON sign_in (ends_s)
-- next
CREATE INDEX ix_sign_in_name ON sign_in (name)
