CREATE TABLE alignments (
  number INTEGER NOT NULL,
  id VARCHAR NOT NULL,
  network_id VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  last_sequence INTEGER NOT NULL,
  is_open BOOLEAN NOT NULL,
  opened_at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (id)
)
-- next
CREATE TABLE estimations (
  number INTEGER NOT NULL,
  id VARCHAR NOT NULL,
  content BLOB NOT NULL,
  made_at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (id)
)
-- next
CREATE TABLE final_outcomes (
  number INTEGER NOT NULL,
  market_outcome VARCHAR NOT NULL,
  day VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  document BLOB NOT NULL,
  received_at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (market_outcome)
)
-- next
CREATE INDEX ix_final_outcomes_day ON final_outcomes (day)
-- next
CREATE TABLE network_clocks (
  id VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  clocks VARCHAR NOT NULL,
  PRIMARY KEY (id, version)
)
-- next
CREATE TABLE network_states (
  number INTEGER NOT NULL,
  network_id VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  element VARCHAR NOT NULL,
  aspect VARCHAR NOT NULL,
  content BLOB NOT NULL,
  at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (network_id, version, element, aspect)
)
-- next
CREATE TABLE networks (
  number INTEGER NOT NULL,
  id VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  content BLOB NOT NULL,
  stored_at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (id, version)
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
CREATE TABLE outcomes (
  number INTEGER NOT NULL,
  market_outcome VARCHAR NOT NULL,
  day VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  technical BLOB NOT NULL,
  answered_at VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (market_outcome)
)
-- next
CREATE INDEX ix_outcomes_day ON outcomes (day)
-- next
CREATE TABLE phasor_devices (
  device VARCHAR NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (device)
)
-- next
CREATE TABLE phasors (
  device VARCHAR NOT NULL,
  component VARCHAR NOT NULL,
  taken_us BIGINT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (device, component, taken_us)
)
-- next
CREATE INDEX phasors_of_device ON phasors (device, taken_us)
-- next
CREATE INDEX phasors_by_time ON phasors (taken_us)
-- next
CREATE TABLE profile_curves (
  consumer VARCHAR NOT NULL,
  set_number INTEGER NOT NULL,
  month INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (consumer, set_number, month, kind)
)
-- next
CREATE INDEX profile_curves_of_set ON profile_curves (set_number, consumer)
-- next
CREATE TABLE profile_sets (
  number INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE TABLE profiled_consumers (
  consumer VARCHAR NOT NULL,
  set_number INTEGER NOT NULL,
  PRIMARY KEY (consumer)
)
-- next
CREATE INDEX ix_profiled_consumers_set_number ON profiled_consumers (set_number)
-- next
CREATE TABLE runs (
  number INTEGER NOT NULL,
  day VARCHAR NOT NULL,
  stage VARCHAR NOT NULL,
  alarms BLOB NOT NULL,
  made_at VARCHAR NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX runs_latest ON runs (stage, day, number)
-- next
CREATE TABLE setpoints (
  setpoint_id VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  start_s INTEGER NOT NULL,
  end_s INTEGER NOT NULL,
  content BLOB NOT NULL,
  state VARCHAR NOT NULL,
  device VARCHAR,
  detail VARCHAR,
  acknowledged_at VARCHAR,
  PRIMARY KEY (setpoint_id)
)
-- next
CREATE INDEX ix_setpoints_aggregator_id ON setpoints (aggregator_id)
-- next
CREATE INDEX setpoints_waiting ON setpoints (state, start_s)
-- next
CREATE TABLE telemetry (
  id VARCHAR NOT NULL,
  at_us BIGINT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (id, at_us)
)
-- next
CREATE INDEX telemetry_by_time ON telemetry (at_us)
