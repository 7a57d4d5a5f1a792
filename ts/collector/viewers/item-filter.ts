// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type {
  AnyValue,
  DataPoint,
  ExportRequest,
  KeyValue,
  Metric,
  ResourceItems,
} from '../exporters/debug/otlp-json.js';

/** What is to be seen; what is not given lets everything pass. */
export interface ItemCriteria {
  /** Values of service.name. */
  services?: readonly string[];
  /** Parts of the name: of a span, of a metric, of a log record's event, or of its body. In any case of letters. */
  names?: readonly string[];
  /** Attributes of the item, or else of its scope or resource: `key`, or `key=value`. All have to be there. */
  attributes?: readonly string[];
}

type ScopeItems = NonNullable<ResourceItems['scopeSpans']>[number];
type Named = { name?: string; eventName?: string; body?: AnyValue };
type Wanted = (item: Named, attributes: readonly KeyValue[]) => boolean;

/** The items of a request that meet the criteria, below their scopes and resources; undefined when there are none. */
export function filtered(request: ExportRequest, criteria: ItemCriteria): ExportRequest | undefined {
  const wanted = wantedBy(criteria);
  const kept: ExportRequest = {};
  for (const [groups, scopes] of [
    ['resourceSpans', 'scopeSpans'],
    ['resourceLogs', 'scopeLogs'],
    ['resourceMetrics', 'scopeMetrics'],
  ] as const) {
    const found = (request[groups] ?? []).flatMap((group) => {
      if (!isService(group, criteria.services)) return [];
      const items = (group[scopes] ?? []).flatMap((scope) => {
        const rest = itemsOf(scope, wanted, [
          ...(scope.scope?.attributes ?? []),
          ...(group.resource?.attributes ?? []),
        ]);
        return rest ? [rest] : [];
      });
      return items.length > 0 ? [{ ...group, [scopes]: items }] : [];
    });
    if (found.length > 0) kept[groups] = found;
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function isService({ resource }: ResourceItems, services: readonly string[] | undefined): boolean {
  if (services === undefined) return true;
  const name = resource?.attributes?.find(({ key }) => key === 'service.name')?.value?.stringValue;
  return name !== undefined && services.includes(name);
}

function wantedBy({ names, attributes = [] }: ItemCriteria): Wanted {
  const parts = names?.map((name) => name.toLowerCase());
  return (item, around) => {
    const text = `${item.name ?? ''}\n${item.eventName ?? ''}\n${item.body?.stringValue ?? ''}`.toLowerCase();
    if (parts !== undefined && !parts.some((part) => text.includes(part))) return false;
    return attributes.every((attribute) => around.some((entry) => isAttribute(entry, attribute)));
  };
}

function isAttribute({ key, value }: KeyValue, wanted: string): boolean {
  if (key === wanted) return true;
  if (!wanted.startsWith(`${key}=`)) return false;
  const { stringValue, boolValue, intValue, doubleValue } = value ?? {};
  return String(stringValue ?? boolValue ?? intValue ?? doubleValue ?? '') === wanted.slice(key.length + 1);
}

function itemsOf(scope: ScopeItems, wanted: Wanted, around: readonly KeyValue[]): ScopeItems | undefined {
  const isWanted = (item: Named & { attributes?: KeyValue[] }) => wanted(item, [...(item.attributes ?? []), ...around]);
  const spans = scope.spans?.filter(isWanted);
  const logRecords = scope.logRecords?.filter(isWanted);
  const metrics = scope.metrics?.flatMap((metric) => pointsOf(metric, wanted, around));
  if (!spans?.length && !logRecords?.length && !metrics?.length) return undefined;
  return { ...scope, ...(spans && { spans }), ...(logRecords && { logRecords }), ...(metrics && { metrics }) };
}

/** The metric with the points that are wanted, if there are any. */
function pointsOf(metric: Metric, wanted: Wanted, around: readonly KeyValue[]): Metric[] {
  const isWanted = (point: DataPoint) => wanted(metric, [...(point.attributes ?? []), ...around]);
  for (const type of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const) {
    const data = metric[type];
    if (data === undefined) continue;
    const dataPoints = (data.dataPoints ?? []).filter(isWanted);
    return dataPoints.length > 0 ? [{ ...metric, [type]: { ...data, dataPoints } }] : [];
  }
  return [];
}
