CREATE TABLE baseline (
  id INTEGER NOT NULL,
  pod_id VARCHAR NOT NULL,
  start_s BIGINT NOT NULL,
  end_s BIGINT NOT NULL,
  power_kw BLOB NOT NULL,
  is_superseded BOOLEAN NOT NULL,
  received_from VARCHAR NOT NULL,
  received_us BIGINT NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX baseline_of_pod ON baseline (pod_id, is_superseded, start_s)
-- next
CREATE INDEX baseline_in_time ON baseline (is_superseded, start_s)
-- next
CREATE TABLE erasure (
  id VARCHAR NOT NULL,
  customer_id VARCHAR,
  pod_ids BLOB,
  requested_us BIGINT NOT NULL,
  done_us BIGINT,
  PRIMARY KEY (id)
)
-- next
CREATE TABLE measurement (
  pod_id VARCHAR NOT NULL,
  start_s BIGINT NOT NULL,
  duration_minutes INTEGER NOT NULL,
  version INTEGER NOT NULL,
  is_superseded BOOLEAN NOT NULL,
  revision INTEGER NOT NULL,
  energy_wh BIGINT NOT NULL,
  reactive_energy_varh BIGINT,
  quality VARCHAR NOT NULL,
  meter_id VARCHAR,
  device VARCHAR NOT NULL,
  sequence BIGINT NOT NULL,
  certification_id VARCHAR NOT NULL,
  certification_hash VARCHAR NOT NULL,
  received_us BIGINT NOT NULL,
  PRIMARY KEY (pod_id, start_s, duration_minutes, version)
)
 WITHOUT ROWID
-- next
CREATE INDEX measurement_in_time ON measurement (start_s)
-- next
CREATE TABLE moved_gate (
  market_type VARCHAR NOT NULL,
  start_us BIGINT NOT NULL,
  closes_us BIGINT NOT NULL,
  decided_us BIGINT NOT NULL,
  PRIMARY KEY (market_type, start_us)
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
  market_outcome VARCHAR NOT NULL,
  start_s BIGINT NOT NULL,
  content_hash VARCHAR NOT NULL,
  record BLOB NOT NULL,
  received_us BIGINT NOT NULL,
  PRIMARY KEY (market_outcome)
)
-- next
CREATE INDEX ix_outcome_start_s ON outcome (start_s)
-- next
CREATE TABLE pod (
  pod_id VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  customer_id VARCHAR,
  po_m_id VARCHAR,
  record BLOB NOT NULL,
  version INTEGER NOT NULL,
  activation_hash VARCHAR NOT NULL,
  owned_from_s BIGINT NOT NULL,
  ended_s BIGINT,
  PRIMARY KEY (pod_id)
)
-- next
CREATE INDEX ix_pod_customer_id ON pod (customer_id)
-- next
CREATE INDEX ix_pod_aggregator_id ON pod (aggregator_id)
-- next
CREATE INDEX ix_pod_po_m_id ON pod (po_m_id)
-- next
CREATE TABLE setpoint (
  setpoint_id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  start_s BIGINT NOT NULL,
  duration_minutes INTEGER NOT NULL,
  power_kw FLOAT,
  power_kvar FLOAT,
  market_outcome VARCHAR NOT NULL,
  received_us BIGINT NOT NULL,
  PRIMARY KEY (setpoint_id)
)
-- next
CREATE INDEX setpoint_of_pod ON setpoint (pod_id, start_s)
-- next
CREATE INDEX setpoint_in_time ON setpoint (start_s)
-- next
CREATE TABLE erasure_part (
  erasure_id VARCHAR NOT NULL,
  context VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  reason VARCHAR,
  until_us BIGINT,
  PRIMARY KEY (erasure_id, context),
  FOREIGN KEY(erasure_id) REFERENCES erasure (id)
)
-- next
CREATE TABLE outcome_pod (
  market_outcome VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  PRIMARY KEY (market_outcome, pod_id),
  FOREIGN KEY(market_outcome) REFERENCES outcome (market_outcome)
)
-- next
CREATE INDEX ix_outcome_pod_pod_id ON outcome_pod (pod_id)
-- next
CREATE TABLE pod_version (
  pod_id VARCHAR NOT NULL,
  version INTEGER NOT NULL,
  record BLOB NOT NULL,
  changed_by VARCHAR NOT NULL,
  received_us BIGINT NOT NULL,
  PRIMARY KEY (pod_id, version),
  FOREIGN KEY(pod_id) REFERENCES pod (pod_id)
)
