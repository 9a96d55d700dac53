/* The part of every_function.c that is about key providers and rotation. */

#include "every_function.h"

static int32_t destroyed = 0;

static void count_destroyed(void* user_data) {
  (void)user_data;
  ++destroyed;
}

/* Keys turned around are well wrapped, for a test. */
static int32_t turn_around(void* user_data, crm_slice tenant, crm_slice key,
                           char* out, size_t* out_size) {
  size_t i;
  (void)user_data;
  (void)tenant;
  if (key.size > *out_size) return CRM_CORRUPTION;
  for (i = 0; i < key.size; ++i) out[i] = key.data[key.size - 1 - i];
  *out_size = key.size;
  return 0;
}

static void wrap_and_unwrap(crm_key_provider* provider) {
  const char key[] = "0123456789abcdef0123456789abcdef";
  const crm_slice tenant = crm_slice_of("club");
  crm_buffer* wrapped = NULL;
  crm_buffer* back = NULL;
  crm_slice text;
  EXPECT_OK(crm_key_provider_wrap(provider, tenant, crm_slice_of(key), &wrapped,
                                  &error));
  text.data = crm_buffer_data(wrapped);
  text.size = crm_buffer_size(wrapped);
  EXPECT(!is(text, key));
  EXPECT_OK(crm_key_provider_unwrap(provider, tenant, text, &back, &error));
  EXPECT(strcmp(crm_buffer_data(back), key) == 0);
  crm_buffer_free(wrapped);
  crm_buffer_free(back);
}

static int32_t rotations = 0;

static int32_t count_rotations(void* user_data) {
  (void)user_data;
  ++rotations;
  return 0;
}

/* The steps of a rotation, by a provider that can, and one that cannot. */
static void rotate_provider(crm_key_provider* provider) {
  EXPECT_OK(crm_key_provider_begin_rotation(provider, &error));
  wrap_and_unwrap(provider);
  EXPECT_OK(crm_key_provider_end_rotation(provider, &error));
  wrap_and_unwrap(provider);
}

void key_providers(const char* folder) {
  char path[512];
  crm_key_provider_options rotating = CRM_KEY_PROVIDER_OPTIONS_INIT;
  crm_key_file_options options = CRM_KEY_FILE_OPTIONS_INIT;
  crm_key_provider* provider = NULL;
  EXPECT_OK(crm_key_provider_new(turn_around, turn_around, NULL, NULL,
                                 count_destroyed, &provider, &error));
  wrap_and_unwrap(provider);
  EXPECT_CODE(crm_key_provider_begin_rotation(provider, &error),
              CRM_UNSUPPORTED);
  crm_key_provider_free(provider);
  EXPECT(destroyed == 1);
  rotating.begin_rotation = count_rotations;
  rotating.end_rotation = count_rotations;
  EXPECT_OK(crm_key_provider_new(turn_around, turn_around, &rotating, NULL,
                                 count_destroyed, &provider, &error));
  rotate_provider(provider);
  EXPECT(rotations == 2);
  crm_key_provider_free(provider);
  EXPECT(destroyed == 2);
  EXPECT_OK(crm_key_provider_new_ephemeral(&provider, &error));
  wrap_and_unwrap(provider);
  crm_key_provider_free(provider);
  snprintf(path, sizeof(path), "%s/key", folder);
  EXPECT_CODE(
      crm_key_provider_open_file(crm_slice_of(path), NULL, &provider, &error),
      CRM_KEY_MISSING);
  EXPECT(provider == NULL);
  options.flags = CRM_KEY_FILE_CREATE_IF_MISSING;
  EXPECT_OK(crm_key_provider_open_file(crm_slice_of(path), &options, &provider,
                                       &error));
  rotate_provider(provider);
  crm_key_provider_free(provider);
}

void rotation(crm_store* store) {
  crm_key_rotation done;
  EXPECT_OK(crm_store_rotate_keys(store, NULL, &done, &error));
  EXPECT(done.tenants >= 1 && done.keys > 0);
  EXPECT(done.old_destroyed == 1);
}
