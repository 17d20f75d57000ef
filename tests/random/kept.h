/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept.h - a restart in which all Services stay as they are installed, without a snapshot
 */
#ifndef TESTS_RANDOM_KEPT_H
#define TESTS_RANDOM_KEPT_H

#include "lib/pipeline.h"

/**
 * kept_take_over() - What the fake kernel is asked for by key (render/kept_keys.h) is what the state of @pipeline has
 * @what:	what differs, if it is not
 */
bool kept_take_over(const struct pipeline *pipeline, const struct generate_config *config, struct buf *what);

#endif
