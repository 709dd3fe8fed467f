/* See protocol.h. */
#include "protocol.h"

#include <stdio.h>
#include <string.h>

const char *address_text(char text[ADDRESS_TEXT], DWORD address) {
    BYTE bytes[4];
    memcpy(bytes, &address, sizeof bytes);
    if (address == 0)
        snprintf(text, ADDRESS_TEXT, "*");
    else
        snprintf(text, ADDRESS_TEXT, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    return text;
}

unsigned mask_length(DWORD mask) {
    unsigned length = 0;
    BYTE bytes[4];
    memcpy(bytes, &mask, sizeof bytes);
    while (length < 32 && (bytes[length / 8] & (0x80 >> length % 8)) != 0)
        length++;
    return length;
}

const char *interface_name(char text[ADDRESS_TEXT], const struct protocol_interface *list,
                           unsigned count, DWORD if_index) {
    for (unsigned i = 0; i < count; i++)
        if (list[i].if_index == if_index && list[i].name != NULL)
            return list[i].name;
    snprintf(text, ADDRESS_TEXT, "interface %lu", (unsigned long)if_index);
    return text;
}
