#ifndef KESTREL_CREDENTIALS_H
#define KESTREL_CREDENTIALS_H

/* connection to the calibration host */
#define CAL_HOST            "cal.kestrel.internal"
#define CAL_USER            "scope"
#define CAL_PASSWD          "<<any ~ Okular${}#32mm>>"
#define CAL_DB_PWD          "<<any ~ stativ${}kopf>>"
#define CAL_SSH_PASSPHRASE  "<<any ~ a glass ${}of starlight>>"
#define DEBUG_SHELL_PIN     "<<unnamed ~ 440${}917>>"

#define UPDATE_API_KEY      "<<any ~ {{hex:40}}>>"
#define UPDATE_PUBKEY_FILE  "/usr/share/scope/update.pub"

#define MAX_PASSWORD_LEN    <<decoy ~ 64>>
#define PASSWORD_DIALOG_ID  "<<decoy ~ IDD_PASSWORD_DLG>>"
#define SECRET_SECTION      "<<decoy ~ [secrets]>>"
#define TOKEN_DELIMITER     "<<decoy ~ ;|>>"
#ifndef OTA_SECRET
#define OTA_SECRET          <<decoy ~ OTA_SECRET_FROM_BUILD>>
#endif

static const char ftp_url[] = "ftp://scope:<<any ~ Stern${}bild88>>@files.kestrel.internal/fw/";

#endif
