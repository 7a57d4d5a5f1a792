// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import './dist/register/register.js';
