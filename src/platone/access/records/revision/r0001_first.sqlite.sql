CREATE TABLE dead_letters (
  id INTEGER NOT NULL,
  device VARCHAR NOT NULL,
  raw_hash VARCHAR NOT NULL,
  raw BLOB NOT NULL,
  reason VARCHAR NOT NULL,
  detail VARCHAR NOT NULL,
  received_at VARCHAR NOT NULL,
  times INTEGER NOT NULL,
  is_replayed BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (device, raw_hash)
)
-- next
CREATE TABLE devices (
  address VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  contract_kw FLOAT NOT NULL,
  status VARCHAR NOT NULL,
  chain_transaction VARCHAR,
  changed_at VARCHAR NOT NULL,
  PRIMARY KEY (address)
)
-- next
CREATE INDEX devices_pod ON devices (pod_id)
-- next
CREATE TABLE messages (
  device VARCHAR NOT NULL,
  sequence BIGINT NOT NULL,
  message_hash VARCHAR NOT NULL,
  certification_id VARCHAR NOT NULL,
  envelope VARCHAR NOT NULL,
  salt BLOB NOT NULL,
  received_at VARCHAR NOT NULL,
  is_certified BOOLEAN NOT NULL,
  PRIMARY KEY (device, sequence)
)
 WITHOUT ROWID
-- next
CREATE INDEX messages_uncertified ON messages (received_at) WHERE NOT is_certified
-- next
CREATE TABLE outbox (
  id INTEGER NOT NULL,
  destination VARCHAR NOT NULL,
  body BLOB NOT NULL,
  state VARCHAR NOT NULL,
  answer VARCHAR,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX outbox_waiting ON outbox (state, id)
-- next
CREATE TABLE readings (
  pod_id VARCHAR NOT NULL,
  hour INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  duration_minutes INTEGER NOT NULL,
  quality VARCHAR NOT NULL,
  revision INTEGER NOT NULL,
  energy_wh BIGINT NOT NULL,
  reactive_energy_varh BIGINT,
  device VARCHAR NOT NULL,
  sequence BIGINT NOT NULL,
  PRIMARY KEY (pod_id, hour, minute, duration_minutes, quality, revision)
)
 WITHOUT ROWID
