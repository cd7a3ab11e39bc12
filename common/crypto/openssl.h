/*
 * openssl.h - OpenSSL's headers, the one way to include them
 *
 * OpenSSL has a type ERR_STATE; here that is an error. Its name is set aside
 * while its headers are read.
 */
#ifndef ROOST_COMMON_CRYPTO_OPENSSL_H
#define ROOST_COMMON_CRYPTO_OPENSSL_H

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#undef ERR_STATE

#endif
