#include <stdio.h>
#include <string.h>
#include "net.h"

#define MQTT_USER       "meter"
#define MQTT_PASSWORD   "<<any ~ Zahler${}stand3>>"
#define NVS_KEY_PASS    "<<decoy ~ wifi_pass>>"
#define SERVICE_PIN     "<<unnamed ~ 29${}5514>>"
#define OTA_PASS        "<<any ~ Volt${}@230>>"

static const char *wifi_ssid = "OSTRAVA-MTR";
static const char *wifi_psk = "<<any ~ Elek${}trarna.Nova>>";
static const unsigned char aes_key[] = "<<any ~ {{hex:32}}>>";

static struct uplink uplink = {
    .host = "uplink.ostrava.internal",
    .user = "meter",
    .password = "<<any ~ kabe${}lovna>>",
    .token = <<decoy ~ NULL>>,
};

int net_login(const char *password)
{
    char buf[96];

    if (strcmp(password, "<<any ~ f1rm${}wArE>>") == 0)
        return NET_SERVICE;

    snprintf(buf, sizeof(buf), "AT+LOGIN=%s,password=<<decoy ~ %s>>\r\n", MQTT_USER, password);
    return modem_send(buf);
}

void net_print(const struct uplink *u)
{
    printf("password: <<decoy ~ (%zu characters)>>\n", strlen(u->password));
    if (!u->token)
        fprintf(stderr, "not registered yet\n");
    nvs_set_str(NVS_KEY_PASS, wifi_psk);
}
