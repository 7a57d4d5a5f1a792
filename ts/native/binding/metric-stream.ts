// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { TextTest } from './piece-processor.js';

/** Metrics of one temporality preference with baselines of its own, for one destination or several that share it. */
export interface MetricStream {
  /** What its pieces carry as `stream`; keep it over restarts, its baselines are filed under it. */
  name: string;
  /** As in OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE; left out: as the app's own settings say, else cumulative. */
  temporality?: 'cumulative' | 'delta' | 'lowmemory';
  /** How series are merged before they are encoded. */
  groups?: GroupRules;
}

/** How series are merged: a fine attribute gives way to the name of its group. Series without that attribute are left as they are. */
export interface GroupRules {
  /** Key of the fine attribute. */
  attribute: string;
  /** Key of the attribute that names the group. */
  groupAttribute: string;
  /** The first whose `values` match says which group. */
  rules: { values: TextTest; group: string }[];
  /** The group of all other values; without it they are left as they are. */
  defaultGroup?: string;
  /** Groups whose series are not merged: they keep the fine attribute and get the group's name beside it. */
  detail: string[];
  /** Groups of which all metrics are exported, beside those of `detail`. */
  allMetrics: string[];
  /** The metrics of all other groups that are exported; all when it is left out. */
  essentialMetrics?: TextTest[];
  gauges: 'last' | 'sum' | 'min' | 'max' | 'mean';
}
