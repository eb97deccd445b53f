//! The integration tests: one binary, one file a topic. `plant` makes the labelled corpus, `repository` calls git,
//! `run` the program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod passwords;
mod plant;
mod repository;
mod run;

mod ci_formats;
mod config;
mod controls;
mod corpus;
mod determinism;
mod entry_points;
mod evidence;
mod exit_codes;
mod explain;
mod fingerprints;
mod formats;
mod governed;
mod guide;
mod history;
mod ignores;
mod keystores;
mod over_time;
mod pages;
mod parts;
mod property;
mod range;
mod redaction;
mod register;
mod rule_docs;
mod rules;
mod series;
mod signing;
mod slots;
mod sources;
mod staged;
mod tidy;
mod timestamp;
mod twin;
