// The JSON Schema of criteria. What is between the marks is installed as a
// file of its own: see src/cmake/CrmInstall.cmake.

#include "crm/criteria.h"

namespace crm {
namespace {

constexpr char kSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Criteria of libcrm",
  "description": "Who is meant? See crm/criteria.h.",
  "allOf": [{"$ref": "#/definitions/node"}],
  "definitions": {
    "node": {
      "oneOf": [
        {"$ref": "#/definitions/and"},
        {"$ref": "#/definitions/or"},
        {"$ref": "#/definitions/not"},
        {"$ref": "#/definitions/rules"},
        {"$ref": "#/definitions/field"},
        {"$ref": "#/definitions/aggregate"},
        {"$ref": "#/definitions/pick"},
        {"$ref": "#/definitions/sequence"},
        {"$ref": "#/definitions/consent"},
        {"$ref": "#/definitions/bucket"}
      ]
    },
    "and": {
      "type": "object",
      "required": ["and"],
      "additionalProperties": false,
      "properties": {"and": {"$ref": "#/definitions/nodes"}}
    },
    "or": {
      "type": "object",
      "required": ["or"],
      "additionalProperties": false,
      "properties": {"or": {"$ref": "#/definitions/nodes"}}
    },
    "not": {
      "type": "object",
      "required": ["not"],
      "additionalProperties": false,
      "properties": {"not": {"$ref": "#/definitions/node"}}
    },
    "rules": {
      "type": "object",
      "required": ["rules"],
      "additionalProperties": false,
      "properties": {
        "combinator": {"enum": ["AND", "OR"]},
        "rules": {"$ref": "#/definitions/nodes"}
      }
    },
    "nodes": {
      "type": "array",
      "minItems": 1,
      "maxItems": 500,
      "items": {"$ref": "#/definitions/node"}
    },
    "field": {
      "type": "object",
      "required": ["field", "operator"],
      "additionalProperties": false,
      "properties": {
        "field": {"$ref": "#/definitions/path"},
        "operator": {"$ref": "#/definitions/operator"},
        "value": true
      },
      "allOf": [{"$ref": "#/definitions/test"}]
    },
    "aggregate": {
      "type": "object",
      "required": ["event"],
      "additionalProperties": false,
      "properties": {
        "event": {"$ref": "#/definitions/types"},
        "where": {"$ref": "#/definitions/filter"},
        "window": {"$ref": "#/definitions/window"},
        "aggregate": {"enum": ["count", "sum", "avg", "min", "max", "unique",
                               "first", "last"]},
        "of": {"$ref": "#/definitions/path"},
        "operator": {"enum": ["eq", "neq", "gt", "gte", "lt", "lte",
                              "between"]},
        "value": true
      },
      "dependencies": {"operator": ["value"], "value": ["operator"]},
      "allOf": [
        {
          "if": {
            "required": ["aggregate"],
            "properties": {"aggregate": {"enum": ["sum", "avg", "min", "max",
                                                  "unique"]}}
          },
          "then": {"required": ["of", "operator"]},
          "else": {"not": {"required": ["of"]}}
        },
        {
          "if": {
            "required": ["aggregate"],
            "properties": {"aggregate": {"enum": ["first", "last"]}}
          },
          "then": {
            "required": ["operator"],
            "properties": {
              "operator": {"enum": ["gt", "gte", "lt", "lte", "between"]},
              "value": {
                "anyOf": [
                  {"$ref": "#/definitions/instant"},
                  {"type": "array", "minItems": 2, "maxItems": 2,
                   "items": {"$ref": "#/definitions/instant"}}
                ]
              }
            }
          },
          "else": {
            "properties": {
              "value": {
                "anyOf": [
                  {"type": "number"},
                  {"type": "array", "minItems": 2, "maxItems": 2,
                   "items": {"type": "number"}}
                ]
              }
            }
          }
        },
        {"$ref": "#/definitions/bounds"}
      ]
    },
    "pick": {
      "type": "object",
      "required": ["event", "pick", "has"],
      "additionalProperties": false,
      "properties": {
        "event": {"$ref": "#/definitions/types"},
        "where": {"$ref": "#/definitions/filter"},
        "window": {"$ref": "#/definitions/window"},
        "pick": {"enum": ["first", "last"]},
        "has": {"$ref": "#/definitions/filter"}
      }
    },
    "sequence": {
      "type": "object",
      "required": ["sequence"],
      "additionalProperties": false,
      "properties": {
        "sequence": {
          "type": "array",
          "minItems": 2,
          "maxItems": 2,
          "items": {
            "type": "object",
            "required": ["event"],
            "additionalProperties": false,
            "properties": {
              "event": {"$ref": "#/definitions/types"},
              "where": {"$ref": "#/definitions/filter"}
            }
          }
        },
        "within": {
          "allOf": [
            {"$ref": "#/definitions/duration"},
            {"not": {"required": ["months"]}},
            {"not": {"required": ["years"]}}
          ]
        },
        "join": {"$ref": "#/definitions/path"},
        "window": {"$ref": "#/definitions/window"}
      }
    },
    "consent": {
      "type": "object",
      "required": ["consent", "channel"],
      "additionalProperties": false,
      "properties": {
        "consent": {"$ref": "#/definitions/text"},
        "channel": {"enum": ["email", "sms", "push", "voice", "whatsapp",
                             "post", "web"]},
        "class": {"enum": ["marketing", "transactional", "legal"]},
        "is": {"enum": ["allow", "deny", "defer"]}
      }
    },
    "bucket": {
      "type": "object",
      "required": ["bucket", "of", "from", "until"],
      "additionalProperties": false,
      "properties": {
        "bucket": {"$ref": "#/definitions/text"},
        "of": {"type": "integer", "minimum": 1, "maximum": 1000000},
        "from": {"type": "integer", "minimum": 0, "maximum": 1000000},
        "until": {"type": "integer", "minimum": 0, "maximum": 1000000}
      }
    },
    "filter": {
      "oneOf": [
        {
          "type": "object",
          "required": ["and"],
          "additionalProperties": false,
          "properties": {"and": {"$ref": "#/definitions/filters"}}
        },
        {
          "type": "object",
          "required": ["or"],
          "additionalProperties": false,
          "properties": {"or": {"$ref": "#/definitions/filters"}}
        },
        {
          "type": "object",
          "required": ["not"],
          "additionalProperties": false,
          "properties": {"not": {"$ref": "#/definitions/filter"}}
        },
        {
          "type": "object",
          "required": ["rules"],
          "additionalProperties": false,
          "properties": {
            "combinator": {"enum": ["AND", "OR"]},
            "rules": {"$ref": "#/definitions/filters"}
          }
        },
        {
          "type": "object",
          "required": ["property", "operator"],
          "additionalProperties": false,
          "properties": {
            "property": {"$ref": "#/definitions/path"},
            "operator": {"$ref": "#/definitions/operator"},
            "value": true
          },
          "allOf": [{"$ref": "#/definitions/test"}]
        }
      ]
    },
    "filters": {
      "type": "array",
      "minItems": 1,
      "maxItems": 500,
      "items": {"$ref": "#/definitions/filter"}
    },
    "operator": {
      "enum": ["eq", "neq", "in", "notIn", "gt", "gte", "lt", "lte",
               "between", "contains", "notContains", "startsWith", "endsWith",
               "matches", "isNull", "isNotNull", "missing", "exists", "hasAny",
               "hasAll", "hasNone", "near"]
    },
    "test": {
      "allOf": [
        {
          "if": {"properties": {"operator": {"enum": ["isNull", "isNotNull",
                                                      "missing", "exists"]}}},
          "then": {"properties": {"value": {"type": "null"}}},
          "else": {"required": ["value"]}
        },
        {
          "if": {"properties": {"operator": {"enum": ["eq", "neq"]}}},
          "then": {"properties": {"value": {"$ref": "#/definitions/scalar"}}}
        },
        {
          "if": {"properties": {"operator": {"enum": ["in", "notIn", "hasAny",
                                                      "hasAll", "hasNone"]}}},
          "then": {
            "properties": {
              "value": {"type": "array", "minItems": 1, "maxItems": 1000,
                        "items": {"$ref": "#/definitions/scalar"}}
            }
          }
        },
        {
          "if": {"properties": {"operator": {"enum": ["gt", "gte", "lt",
                                                      "lte"]}}},
          "then": {"properties": {"value": {"$ref": "#/definitions/ordered"}}}
        },
        {
          "if": {"properties": {"operator": {"enum": ["contains",
                                                      "notContains",
                                                      "startsWith", "endsWith",
                                                      "matches"]}}},
          "then": {"properties": {"value": {"$ref": "#/definitions/text"}}}
        },
        {
          "if": {"properties": {"operator": {"enum": ["near"]}}},
          "then": {
            "properties": {
              "value": {
                "type": "object",
                "required": ["latitude", "longitude", "meters"],
                "additionalProperties": false,
                "properties": {
                  "latitude": {"type": "number", "minimum": -90,
                               "maximum": 90},
                  "longitude": {"type": "number", "minimum": -180,
                                "maximum": 180},
                  "meters": {"type": "integer", "minimum": 0,
                             "maximum": 20100000}
                }
              }
            }
          }
        },
        {"$ref": "#/definitions/bounds"}
      ]
    },
    "bounds": {
      "if": {
        "required": ["operator"],
        "properties": {"operator": {"enum": ["between"]}}
      },
      "then": {
        "properties": {
          "value": {"type": "array", "minItems": 2, "maxItems": 2,
                    "items": {"$ref": "#/definitions/ordered"}}
        }
      },
      "else": {
        "if": {
          "required": ["operator"],
          "properties": {"operator": {"enum": ["eq", "neq", "gt", "gte", "lt",
                                               "lte"]}}
        },
        "then": {"properties": {"value": {"not": {"type": "array"}}}}
      }
    },
    "scalar": {"type": ["string", "number", "boolean"]},
    "ordered": {
      "anyOf": [{"type": "number"}, {"$ref": "#/definitions/instant"}]
    },
    "text": {"type": "string", "minLength": 1, "maxLength": 1024},
    "path": {"type": "string", "minLength": 1, "maxLength": 1024},
    "types": {
      "anyOf": [
        {"$ref": "#/definitions/text"},
        {"type": "array", "minItems": 1, "maxItems": 50,
         "items": {"$ref": "#/definitions/text"}}
      ]
    },
    "duration": {
      "type": "object",
      "minProperties": 1,
      "maxProperties": 1,
      "additionalProperties": false,
      "properties": {
        "seconds": {"type": "integer", "minimum": 1, "maximum": 3155760000},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 52596000},
        "hours": {"type": "integer", "minimum": 1, "maximum": 876600},
        "days": {"type": "integer", "minimum": 1, "maximum": 36525},
        "weeks": {"type": "integer", "minimum": 1, "maximum": 5217},
        "months": {"type": "integer", "minimum": 1, "maximum": 1200},
        "years": {"type": "integer", "minimum": 1, "maximum": 100}
      }
    },
    "unit": {"enum": ["day", "week", "month", "quarter", "year"]},
    "offset": {"type": "integer", "minimum": -36525, "maximum": 36525},
    "instant": {
      "oneOf": [
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
        {
          "type": "object",
          "required": ["ago"],
          "additionalProperties": false,
          "properties": {"ago": {"$ref": "#/definitions/duration"}}
        },
        {
          "type": "object",
          "required": ["ahead"],
          "additionalProperties": false,
          "properties": {"ahead": {"$ref": "#/definitions/duration"}}
        },
        {
          "type": "object",
          "required": ["startOf"],
          "additionalProperties": false,
          "properties": {
            "startOf": {"$ref": "#/definitions/unit"},
            "offset": {"$ref": "#/definitions/offset"}
          }
        }
      ]
    },
    "window": {
      "oneOf": [
        {
          "type": "object",
          "required": ["last"],
          "additionalProperties": false,
          "properties": {"last": {"$ref": "#/definitions/duration"}}
        },
        {
          "type": "object",
          "required": ["calendar"],
          "additionalProperties": false,
          "properties": {
            "calendar": {"$ref": "#/definitions/unit"},
            "offset": {"$ref": "#/definitions/offset"}
          }
        },
        {
          "type": "object",
          "minProperties": 1,
          "additionalProperties": false,
          "properties": {
            "from": {"$ref": "#/definitions/instant"},
            "until": {"$ref": "#/definitions/instant"}
          }
        }
      ]
    }
  }
}
)json";

}  // namespace

std::string_view CriteriaSchema() { return kSchema; }

}  // namespace crm
