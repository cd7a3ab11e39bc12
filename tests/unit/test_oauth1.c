#include "common/crypto/oauth1.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static struct oauth1_request request(const char *method, const char *url, const char *form)
{
	return (struct oauth1_request){str_of(method), str_of(url), str_of(form)};
}

static void assert_base(const struct oauth1_request *r, const char *want)
{
	struct buf base;

	buf_init(&base, OAUTH1_BASE_MAX);
	assert_int_equal(oauth1_base(r, NULL, 0, &base), ERR_OK);
	assert_string_equal(buf_cstr(&base), want);
	buf_done(&base);
}

/* RFC 5849, 3.4.1.1: names that come twice, empty values, `+` and both ways of a blank. */
TEST(base_string_of_the_rfc)
{
	static const struct oauth1_param params[] = {
		{"oauth_consumer_key", {"9djdj82h48djs9d2", 16}},
		{"oauth_token", {"kkk9d7dh3k39sjv7", 16}},
		{"oauth_signature_method", {"HMAC-SHA1", 9}},
		{"oauth_timestamp", {"137131201", 9}},
		{"oauth_nonce", {"7d8f3e4a", 8}},
	};
	struct oauth1_request r = request("POST",
		"http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", "c2&a3=2+q");
	struct buf base;

	buf_init(&base, OAUTH1_BASE_MAX);
	assert_int_equal(oauth1_base(&r, params, COUNT_OF(params), &base), ERR_OK);
	assert_string_equal(buf_cstr(&base),
		"POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da"
		"%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%"
		"3D9djdj82h48djs9d2"
		"%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_"
		"timestamp"
		"%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7");
	buf_done(&base);
}

TEST(addresses_are_brought_to_one_form)
{
	struct oauth1_request r = request("GET", "https://Api.X.com:443", "");
	assert_base(&r, "GET&https%3A%2F%2Fapi.x.com%2F&");
	r = request("GET", "http://127.0.0.1:8080/2/users/me?", "");
	assert_base(&r, "GET&http%3A%2F%2F127.0.0.1%3A8080%2F2%2Fusers%2Fme&");
	r = request("GET", "https://api.x.com/a%2Fb?x=1&&x-y=2&x=", "");
	assert_base(&r, "GET&https%3A%2F%2Fapi.x.com%2Fa%252Fb&x%3D%26x%3D1%26x-y%3D2");
}

/* The first request with a signature in RFC 5849, section 1.2. */
TEST(signature_of_the_rfc)
{
	static const struct oauth1_param params[] = {
		{"oauth_consumer_key", {"dpf43f3p2l4k3l03", 16}},
		{"oauth_token", {"nnch734d00sl2jdk", 16}},
		{"oauth_signature_method", {"HMAC-SHA1", 9}},
		{"oauth_timestamp", {"137131202", 9}},
		{"oauth_nonce", {"chapoH", 6}},
	};
	struct oauth1_request r = request(
		"GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", "");
	struct buf base, out;

	buf_init(&base, OAUTH1_BASE_MAX);
	buf_init(&out, 100);
	assert_int_equal(oauth1_base(&r, params, COUNT_OF(params), &base), ERR_OK);
	oauth1_sign(
		buf_view(&base), str_of("kd94hf93k423kf44"), str_of("pfkkdhi9sl3r4s00"), &out);
	assert_string_equal(buf_cstr(&out), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
	buf_done(&out);
	buf_done(&base);
}

/* X's page "Creating a signature": as it was with version 1 of its interface, and with 1.1. */
TEST(header_of_x_s_own_example)
{
	static const struct oauth1_keys keys = {
		{"xvz1evFS4wEEPTGEFPHBog", 22},
		{"kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", 43},
		{"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", 50},
		{"LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE", 41},
	};
	static const char *const pages[][2] = {
		{"https://api.twitter.com/1/statuses/update.json?include_entities=true",
			"tnnArxj06cWHq44gCs1OSKk%2FjLY%3D"},
		{"https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
			"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"},
	};

	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		struct oauth1_request r = request("POST", pages[i][0],
			"status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%"
			"20request%21");
		char want[1000];
		struct buf out;

		snprintf(want, sizeof(want),
			"Authorization: OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "
			"oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", "
			"oauth_signature=\"%s\", oauth_signature_method=\"HMAC-SHA1\", "
			"oauth_timestamp=\"1318622958\", "
			"oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", "
			"oauth_version=\"1.0\"",
			pages[i][1]);
		buf_init(&out, 4096);
		assert_int_equal(oauth1_header(&keys, &r, 1318622958,
					 "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", &out),
			ERR_OK);
		assert_string_equal(buf_cstr(&out), want);
		buf_done(&out);
	}
}

TEST(what_cannot_be_signed_is_refused)
{
	struct oauth1_request r = request("GET", "ftp://example.com/", "");
	struct buf out, many;

	buf_init(&out, OAUTH1_BASE_MAX);
	assert_int_equal(oauth1_base(&r, NULL, 0, &out), ERR_FORMAT);
	buf_reset(&out);
	r = request("GET", "http://example.com/?a=%4", "");
	assert_int_equal(oauth1_base(&r, NULL, 0, &out), ERR_FORMAT);
	buf_reset(&out);
	r = request("GET", "http://example.com/?a=%zz", "");
	assert_int_equal(oauth1_base(&r, NULL, 0, &out), ERR_FORMAT);
	buf_reset(&out);
	buf_init(&many, 8192);
	for (size_t i = 0; i <= OAUTH1_PARAMS_MAX; i++)
		buf_str(&many, "a=1&");
	r = request("POST", "http://example.com/", buf_cstr(&many));
	assert_int_equal(oauth1_base(&r, NULL, 0, &out), ERR_TOO_BIG);
	buf_done(&many);
	buf_done(&out);
}
