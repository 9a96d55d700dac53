// The size of every record of crm.h, which is for good: a program that was
// compiled against an older header has room for so many bytes, and no more.
// What a record gains comes out of its `reserved`.

#include "crm.h"

// Where pointers have eight bytes; the rules that make the size are the same
// elsewhere.
#define CRM_RECORD(name, size) \
  static_assert(sizeof(void*) != 8 || sizeof(name) == (size))

CRM_RECORD(crm_slice, 16);
CRM_RECORD(crm_name_list_view, 32);
CRM_RECORD(crm_tenant_stats, 112);
CRM_RECORD(crm_store_stats_view, 192);
CRM_RECORD(crm_finding, 80);
CRM_RECORD(crm_verify_report_view, 80);
CRM_RECORD(crm_identifier, 32);
CRM_RECORD(crm_event, 192);
CRM_RECORD(crm_condition, 96);
CRM_RECORD(crm_withheld_identifier, 48);
CRM_RECORD(crm_event_outcome, 144);
CRM_RECORD(crm_append_result_view, 88);
CRM_RECORD(crm_event_view, 280);
CRM_RECORD(crm_parsed_event_view, 224);
CRM_RECORD(crm_message, 376);
CRM_RECORD(crm_lag, 56);
CRM_RECORD(crm_subscription_info, 112);
CRM_RECORD(crm_subscription_list_view, 32);
CRM_RECORD(crm_definition_view, 104);
CRM_RECORD(crm_store_event, 488);
CRM_RECORD(crm_identity_change, 64);
CRM_RECORD(crm_choice_view, 48);
CRM_RECORD(crm_customer_record, 88);
CRM_RECORD(crm_customer_view, 80);
CRM_RECORD(crm_lookup_result, 40);
CRM_RECORD(crm_merge_result, 40);
CRM_RECORD(crm_unmerge_target, 48);
CRM_RECORD(crm_unmerged_part, 48);
CRM_RECORD(crm_unmerge_result_view, 40);
CRM_RECORD(crm_assertion, 48);
CRM_RECORD(crm_assertion_list_view, 32);
CRM_RECORD(crm_review, 88);
CRM_RECORD(crm_review_list_view, 32);
CRM_RECORD(crm_identity_changes_view, 40);
CRM_RECORD(crm_re_resolve_report_view, 80);
CRM_RECORD(crm_customer_match, 48);
CRM_RECORD(crm_match_report_view, 112);
CRM_RECORD(crm_identity_evidence, 72);
CRM_RECORD(crm_identity_explanation_view, 64);
CRM_RECORD(crm_identity_step, 96);
CRM_RECORD(crm_identity_history_view, 56);
CRM_RECORD(crm_backup_report, 40);
CRM_RECORD(crm_erasure_report_view, 192);
CRM_RECORD(crm_erasure_list_view, 32);
CRM_RECORD(crm_certificate_info_view, 96);
CRM_RECORD(crm_trait, 80);
CRM_RECORD(crm_profile_view, 80);
CRM_RECORD(crm_timeline_entry, 128);
CRM_RECORD(crm_timeline_view, 64);
CRM_RECORD(crm_consent_act, 352);
CRM_RECORD(crm_consent_question, 168);
CRM_RECORD(crm_consent_decision, 112);
CRM_RECORD(crm_schema_field, 72);
CRM_RECORD(crm_schema_info, 96);
CRM_RECORD(crm_schema_list_view, 32);
CRM_RECORD(crm_ledger_head, 128);
CRM_RECORD(crm_ledger_target, 56);
CRM_RECORD(crm_upcaster_info, 88);
CRM_RECORD(crm_upcaster_list_view, 32);
CRM_RECORD(crm_validation_rule, 48);
CRM_RECORD(crm_validation_view, 32);
CRM_RECORD(crm_schema_violation, 64);
CRM_RECORD(crm_violation_list_view, 32);
CRM_RECORD(crm_import_progress, 48);
CRM_RECORD(crm_rejected_row, 64);
CRM_RECORD(crm_import_report_view, 112);
CRM_RECORD(crm_projection_checksum, 48);
CRM_RECORD(crm_tenant_export, 96);
CRM_RECORD(crm_store_export_report_view, 72);
CRM_RECORD(crm_email_verification, 32);
CRM_RECORD(crm_field_change, 40);
CRM_RECORD(crm_command_result_view, 56);
CRM_RECORD(crm_customer_state, 48);
CRM_RECORD(crm_person_export_part, 64);
CRM_RECORD(crm_person_export_report_view, 120);
CRM_RECORD(crm_store_difference, 56);
CRM_RECORD(crm_store_import_report_view, 96);
CRM_RECORD(crm_export_counts, 64);
CRM_RECORD(crm_reconcile_count, 96);
CRM_RECORD(crm_reconcile_customer, 48);
CRM_RECORD(crm_reconcile_difference, 96);
CRM_RECORD(crm_reconcile_report_view, 224);
CRM_RECORD(crm_link_report_view, 152);
CRM_RECORD(crm_match_value, 32);
CRM_RECORD(crm_match_record, 64);
CRM_RECORD(crm_training_view, 64);
CRM_RECORD(crm_match_pair, 32);
CRM_RECORD(crm_review_pair, 48);
CRM_RECORD(crm_link_result_view, 128);
CRM_RECORD(crm_match_evidence, 72);
CRM_RECORD(crm_match_explanation_view, 48);

#undef CRM_RECORD
