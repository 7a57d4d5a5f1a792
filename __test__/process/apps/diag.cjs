// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const { DiagConsoleLogger, DiagLogLevel, diag } = require('@opentelemetry/api');

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
