/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/der.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_CONSTRUCTED = 0x20,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_UNIQUE_ID = 0x80,  /* [0]; the tags of a context, of which the next ones add a number */
	DER_VERSION = 0xa0,    /* [0] EXPLICIT */
	DER_EXTENSIONS = 0xa3, /* [3] EXPLICIT */
};

struct der {
	const uint8_t *at;
	const uint8_t *end;
};

/* The next value: its tag and its content. Tags above 30 and lengths that are not given at the start do not occur. */
static bool der_next(struct der *der, uint8_t *ret_tag, struct der *ret)
{
	size_t size, n;

	if (der->end - der->at < 2 || (der->at[0] & 0x1f) == 0x1f)
		return false;
	*ret_tag = *der->at++;
	size = *der->at++;
	if (size & 0x80) {
		n = size & 0x7f;
		if (n == 0 || n > 4 || (size_t)(der->end - der->at) < n)
			return false;
		for (size = 0; n > 0; n--)
			size = size << 8 | *der->at++;
	}
	if ((size_t)(der->end - der->at) < size)
		return false;
	*ret = (struct der){ der->at, der->at + size };
	der->at += size;
	return true;
}

/* As OpenSSL, which refuses a whole certificate for one such value. */
static bool der_is_value(uint8_t tag, const struct der *value)
{
	size_t size = (size_t)(value->end - value->at);
	const uint8_t *p = value->at;

	switch (tag) {
	case DER_BOOLEAN:
		return size == 1;
	case DER_INTEGER:
	case DER_ENUMERATED:
		/* No byte that says nothing. */
		return size == 1 ||
		       (size > 1 && !(p[0] == 0 && !(p[1] & 0x80)) && !(p[0] == 0xff && p[1] & 0x80));
	case DER_BIT_STRING:
		return size > 0 && p[0] < 8 && (size > 1 || p[0] == 0);
	case DER_NULL:
		return size == 0;
	case DER_OID:
		return size > 0 && !(value->end[-1] & 0x80) && p[0] != 0x80;
	case DER_BMP_STRING:
		return size % 2 == 0;
	case DER_UNIVERSAL_STRING:
		return size % 4 == 0;
	}
	return true;
}

/* Whether @all is a row of well-formed values. */
static bool der_is_well_formed(struct der all, unsigned int depth)
{
	struct der value;
	uint8_t tag;

	while (all.at < all.end) {
		if (!der_next(&all, &tag, &value))
			return false;
		if (!(tag & DER_CONSTRUCTED) && !der_is_value(tag, &value))
			return false;
		if ((tag & DER_CONSTRUCTED) && (depth == 0 || !der_is_well_formed(value, depth - 1)))
			return false;
	}
	return true;
}

/* Take a value of type @tag. */
static bool der_take(struct der *der, uint8_t tag, struct der *ret)
{
	uint8_t found;

	return der_next(der, &found, ret) && found == tag;
}

/* A sequence that begins with the OID of an algorithm. */
static bool der_take_algorithm(struct der *der)
{
	struct der algorithm, oid;

	return der_take(der, DER_SEQUENCE, &algorithm) && der_take(&algorithm, DER_OID, &oid);
}

/* A sequence of sets of pairs: an OID and any value. */
static bool der_take_name(struct der *der)
{
	struct der name, set, pair, value;
	uint8_t tag;

	if (!der_take(der, DER_SEQUENCE, &name))
		return false;
	while (name.at < name.end) {
		if (!der_take(&name, DER_SET, &set))
			return false;
		while (set.at < set.end)
			if (!der_take(&set, DER_SEQUENCE, &pair) || !der_take(&pair, DER_OID, &value) ||
			    !der_next(&pair, &tag, &value) || pair.at != pair.end)
				return false;
	}
	return true;
}

static bool der_take_validity(struct der *der)
{
	struct der validity, time;
	uint8_t tag;
	int i;

	if (!der_take(der, DER_SEQUENCE, &validity))
		return false;
	for (i = 0; i < 2; i++)
		if (!der_next(&validity, &tag, &time) || (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME))
			return false;
	return validity.at == validity.end;
}

static bool der_take_public_key(struct der *der)
{
	struct der key, bits;

	return der_take(der, DER_SEQUENCE, &key) && der_take_algorithm(&key) &&
	       der_take(&key, DER_BIT_STRING, &bits) && key.at == key.end;
}

/* What may stand behind the public key: two identifiers, and a sequence of extensions. */
static bool der_take_rest(struct der *der)
{
	struct der explicit, list, extension, value;
	uint8_t tag;
	int i;

	for (i = 1; i <= 2; i++)
		if (der->at < der->end && *der->at == DER_UNIQUE_ID + i && !der_next(der, &tag, &value))
			return false;
	if (der->at == der->end)
		return true;
	if (!der_take(der, DER_EXTENSIONS, &explicit) || der->at != der->end ||
	    !der_take(&explicit, DER_SEQUENCE, &list) || explicit.at != explicit.end)
		return false;
	while (list.at < list.end) {
		if (!der_take(&list, DER_SEQUENCE, &extension) || !der_take(&extension, DER_OID, &value))
			return false;
		if (extension.at < extension.end && *extension.at == DER_BOOLEAN &&
		    !der_take(&extension, DER_BOOLEAN, &value))
			return false;
		if (!der_take(&extension, DER_OCTET_STRING, &value) || extension.at != extension.end)
			return false;
	}
	return true;
}

static bool der_take_version(struct der *der)
{
	struct der version, number;

	if (der->at == der->end || *der->at != DER_VERSION)
		return true;
	return der_take(der, DER_VERSION, &version) && der_take(&version, DER_INTEGER, &number) &&
	       version.at == version.end;
}

bool der_is_certificate(const char *bytes, size_t size)
{
	struct der all = { (const uint8_t *)bytes, (const uint8_t *)bytes + size }, certificate, signed_part,
		   part;

	if (!der_is_well_formed(all, DER_DEPTH_MAX) || !der_take(&all, DER_SEQUENCE, &certificate) ||
	    all.at != all.end)
		return false;
	if (!der_take(&certificate, DER_SEQUENCE, &signed_part) || !der_take_algorithm(&certificate) ||
	    !der_take(&certificate, DER_BIT_STRING, &part) || certificate.at != certificate.end)
		return false;
	return der_take_version(&signed_part) &&
	       der_take(&signed_part, DER_INTEGER, &part) && /* serial number */
	       der_take_algorithm(&signed_part) && der_take_name(&signed_part) &&
	       der_take_validity(&signed_part) && der_take_name(&signed_part) &&
	       der_take_public_key(&signed_part) && der_take_rest(&signed_part);
}

/* Two digits; -1: they are none. */
static int der_two_digits(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return 10 * (p[0] - '0') + p[1] - '0';
}

/* RFC 5280, 4.1.2.5: YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ from then on. */
static int64_t der_read_time(uint8_t tag, const struct der *time)
{
	size_t n = tag == DER_UTC_TIME ? 6 : 7, i;
	int pairs[7], *last = pairs + n - 5; /* from the month on */
	struct tm tm = { 0 };

	if ((size_t)(time->end - time->at) != 2 * n + 1 || time->end[-1] != 'Z')
		return -1;
	for (i = 0; i < n; i++) {
		pairs[i] = der_two_digits(time->at + 2 * i);
		if (pairs[i] < 0)
			return -1;
	}
	if (tag == DER_UTC_TIME)
		tm.tm_year = pairs[0] < 50 ? pairs[0] + 100 : pairs[0];
	else
		tm.tm_year = 100 * pairs[0] + pairs[1] - 1900;
	tm.tm_mon = last[0] - 1;
	tm.tm_mday = last[1];
	tm.tm_hour = last[2];
	tm.tm_min = last[3];
	tm.tm_sec = last[4];
	return timegm(&tm);
}

int64_t der_read_expiry(const char *bytes, size_t size)
{
	struct der all = { (const uint8_t *)bytes, (const uint8_t *)bytes + size }, certificate, signed_part,
		   validity, part;
	uint8_t tag;

	if (!der_take(&all, DER_SEQUENCE, &certificate) ||
	    !der_take(&certificate, DER_SEQUENCE, &signed_part) || !der_take_version(&signed_part) ||
	    !der_take(&signed_part, DER_INTEGER, &part) || !der_take_algorithm(&signed_part) ||
	    !der_take_name(&signed_part) || !der_take(&signed_part, DER_SEQUENCE, &validity) ||
	    !der_next(&validity, &tag, &part) || !der_next(&validity, &tag, &part))
		return -1;
	return der_read_time(tag, &part);
}
