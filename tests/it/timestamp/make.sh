#!/usr/bin/env bash
# Makes the time stamps beside this file anew, with OpenSSL 3: authorities of a few kinds, each stamping message.txt, and
# what nobody may take for a stamp. Keys live in a temporary folder until the script ends; what is left is public. Each run
# makes other keys, serial numbers and times, so the tests name none of them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"
message=$here/message.txt
rm -f "$here"/*.tsr "$here"/*.pem
printf 'What an authority stamped.\n' >"$message"

# key NAME ALGORITHM OPTION...
key() {
  openssl genpkey -out "$1.key" -algorithm "$2" "${@:3}" 2>/dev/null
}

rsa() { key "$1" RSA -pkeyopt "rsa_keygen_bits:$2"; }
ec() { key "$1" EC -pkeyopt "ec_paramgen_curve:$2"; }

# certificate NAME ISSUER DIGEST FIRST LAST EXTENSION...: an ISSUER that is NAME signs itself. Dates as YYYYMMDD.
certificate() {
  local name=$1 issuer=$2 digest=$3 first=$4 last=$5 sign=()
  printf '%s\n' "${@:6}" >"$name.ext"
  openssl req -new -key "$name.key" -subj "/O=Straykey tests/CN=$name" -out "$name.csr"
  if [[ $issuer == "$name" ]]; then
    sign=(-selfsign -keyfile "$name.key")
  else
    sign=(-cert "$issuer.pem" -keyfile "$issuer.key")
  fi
  : >index
  printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index\nnew_certs_dir=.\npolicy=p\nrand_serial=yes\n[p]\nO=optional\nCN=supplied\n' >ca.cnf
  openssl ca -batch -notext -config ca.cnf -md "$digest" -startdate "${first}000000Z" -enddate "${last}000000Z" \
    -extfile "$name.ext" -in "$name.csr" -out "$name.pem" "${sign[@]}" 2>ca.log || { cat ca.log >&2; return 1; }
}

authority=(basicConstraints=critical,CA:true keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash)
stamps=(basicConstraints=CA:false keyUsage=critical,digitalSignature extendedKeyUsage=critical,timeStamping
  subjectKeyIdentifier=hash)
always=(20200101 21200101)

# stamp FILE SIGNER DIGEST ESS CHAIN QUERY...: the answer of the authority SIGNER.
stamp() {
  local file=$1 signer=$2 digest=$3 ess=$4 chain=$5
  : >chain.pem
  for one in $chain; do cat "$one.pem" >>chain.pem; done
  cat >ts.cnf <<END
[tsa]
default_tsa = t
[t]
serial = serial
signer_cert = $signer.pem
signer_key = $signer.key
signer_digest = $digest
default_policy = 1.3.6.1.4.1.32473.1
digests = sha1, sha256, sha384, sha512
accuracy = secs:1, millisecs:500
tsa_name = yes
ess_cert_id_alg = $ess
END
  if [[ -n $chain ]]; then printf 'certs = chain.pem\n' >>ts.cnf; fi
  openssl ts -query -data "$message" "${@:6}" -out query.tsq 2>/dev/null
  openssl ts -reply -config ts.cnf -queryfile query.tsq -out "$here/$file.tsr" 2>/dev/null
}

# sign FILE SIGNER OPTION...: the content of rsa.tsr, signed by a certificate that an authority would not use.
sign() {
  openssl cms -sign -binary -nodetach -nosmimecap -outform DER -econtent_type 1.2.840.113549.1.9.16.1.4 -in content \
    -signer "$2.pem" -inkey "$2.key" "${@:3}" -out "$here/$1.tsr"
}

# RSA-2048 with an authority between; the time stamp carries that one.
rsa root 2048
certificate root root sha256 "${always[@]}" "${authority[@]}"
rsa between 2048
certificate between root sha256 "${always[@]}" "${authority[@]}"
rsa rsa 2048
certificate rsa between sha256 "${always[@]}" "${stamps[@]}"
stamp rsa rsa sha256 sha256 between -sha256 -cert
stamp rsa-without-certificate rsa sha256 sha256 '' -sha256
stamp rsa-of-sha1 rsa sha256 sha256 between -sha1 -cert
cp root.pem between.pem "$here"
cp rsa.pem "$here/rsa-signer.pem"
openssl ts -reply -in "$here/rsa.tsr" -token_out -out "$here/rsa-token.tsr" 2>/dev/null

# RSA-4096 with SHA-512, named by SHA-1 (ESSCertID of the first version) and by SHA-512.
rsa root-4096 4096
certificate root-4096 root-4096 sha512 "${always[@]}" "${authority[@]}"
rsa rsa-4096 4096
certificate rsa-4096 root-4096 sha512 "${always[@]}" "${stamps[@]}"
stamp rsa-4096-ess-v1 rsa-4096 sha512 sha1 '' -sha512 -cert
stamp rsa-4096-ess-v2 rsa-4096 sha512 sha512 '' -sha384 -cert
cp root-4096.pem "$here"

# P-256 and P-384; the latter with SHA-512 too.
ec root-ec P-384
certificate root-ec root-ec sha384 "${always[@]}" "${authority[@]}"
ec p256 P-256
certificate p256 root-ec sha384 "${always[@]}" "${stamps[@]}"
stamp p256 p256 sha256 sha256 '' -sha256 -cert
ec p384 P-384
certificate p384 root-ec sha512 "${always[@]}" "${stamps[@]}"
stamp p384-sha384 p384 sha384 sha256 '' -sha256 -cert
stamp p384-sha512 p384 sha512 sha256 '' -sha256 -cert
cp root-ec.pem "$here"

# A refusal: a digest that the authority does not take.
stamp rejected p256 sha256 sha256 '' -sm3 -cert

# Time stamps that OpenSSL would not make: its `ts` looks at the purpose of the certificate, its `cms` does not.
openssl cms -verify -noverify -inform DER -in "$here/rsa-token.tsr" -binary -out content 2>/dev/null
sign cms rsa -cades -certfile between.pem
sign cms-key-id rsa -cades -keyid -certfile between.pem
sign two-signers rsa -cades -certfile between.pem -signer p256.pem -inkey p256.key
sign without-ess rsa -certfile between.pem
sign pss rsa -cades -certfile between.pem -keyopt rsa_padding_mode:pss
rsa expired-signer 2048
certificate expired-signer root sha256 20200101 20210101 "${stamps[@]}"
stamp expired expired-signer sha256 sha256 '' -sha256 -cert

# What OpenSSL says of the sound ones.
for pair in rsa:root rsa-4096-ess-v1:root-4096 rsa-4096-ess-v2:root-4096 p256:root-ec p384-sha384:root-ec p384-sha512:root-ec; do
  printf '%s: ' "$pair"
  openssl ts -verify -data "$message" -in "$here/${pair%:*}.tsr" -CAfile "$here/${pair#*:}.pem" 2>&1 | tail -n 1
done
printf 'rsa-without-certificate: '
openssl ts -verify -data "$message" -in "$here/rsa-without-certificate.tsr" -CAfile "$here/root.pem" \
  -untrusted <(cat "$here/between.pem" "$here/rsa-signer.pem") 2>&1 | tail -n 1
printf 'rsa-token: '
openssl ts -verify -data "$message" -token_in -in "$here/rsa-token.tsr" -CAfile "$here/root.pem" 2>&1 | tail -n 1
