CREATE TABLE alarm (
  party VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  start_time VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, pod_id, start_time, kind)
)
-- next
CREATE TABLE asset (
  party VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  asset_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, pod_id, asset_id)
)
-- next
CREATE TABLE baseline (
  party VARCHAR NOT NULL,
  start_time VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, start_time, pod_id)
)
-- next
CREATE TABLE day_preference (
  pod_id VARCHAR NOT NULL,
  day VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (pod_id, day)
)
-- next
CREATE TABLE feed (
  topic VARCHAR NOT NULL,
  read_to INTEGER NOT NULL,
  PRIMARY KEY (topic)
)
-- next
CREATE TABLE forecast (
  party VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, pod_id)
)
-- next
CREATE TABLE offer (
  party VARCHAR NOT NULL,
  player_service_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  result BLOB NOT NULL,
  PRIMARY KEY (party, player_service_id)
)
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
CREATE TABLE outcome (
  party VARCHAR NOT NULL,
  market_outcome VARCHAR NOT NULL,
  market_type VARCHAR NOT NULL,
  start_time VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, market_outcome)
)
-- next
CREATE INDEX outcome_by_start ON outcome (party, start_time)
-- next
CREATE TABLE "plan" (
  party VARCHAR NOT NULL,
  market_type VARCHAR NOT NULL,
  start_time VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, market_type, start_time, pod_id)
)
-- next
CREATE TABLE portfolio (
  party VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (party, pod_id)
)
-- next
CREATE TABLE progress (
  party VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  step VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  problem BLOB,
  PRIMARY KEY (party, pod_id, step)
)
-- next
CREATE TABLE set_aside (
  topic VARCHAR NOT NULL,
  place INTEGER NOT NULL,
  problem VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (topic, place)
)
-- next
CREATE TABLE settlement (
  number INTEGER NOT NULL,
  party VARCHAR NOT NULL,
  settlement_id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX settlement_by_party ON settlement (party, settlement_id)
