/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_print.h - the text of /metrics for Prometheus
 *
 * Room:     report. Pure.
 * Rule:     tests/COVERAGE.md H13, H23, H24. Names, labels and buckets of metrics kubeproxy_* are those of kube-proxy, process_* and
 *           rest_client_* those of all components of Kubernetes; kube_nftproxy_* are our own. A value that counts for both
 *           families is printed for each.
 * Shapes:   Prometheus' text format, version 0.0.4.
 */
#ifndef REPORT_METRICS_PRINT_H
#define REPORT_METRICS_PRINT_H

#include "report/metrics.h"
#include "report/metrics_now.h"

struct buf;

#define METRICS_PRINT_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** metrics_print() - Append all metrics. */
void metrics_print(const struct metrics *metrics, const struct metrics_now *now, struct buf *to);

#endif
