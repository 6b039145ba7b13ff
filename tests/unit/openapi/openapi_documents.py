"""OpenAPI documents of the tests' own."""

import copy

PETS = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example.com/{stage}/", "variables": {"stage": {"default": "v1"}}}],
    "paths": {
        "/pets/{petId}": {
            "parameters": [{"$ref": "#/components/parameters/PetId"}],
            "get": {"operationId": "readPet", "responses": {"200": {"description": "a pet"}}},
            "delete": {"operationId": "removePet", "responses": {"204": {"description": "gone"}}},
            "put": {
                "operationId": "replacePet",
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                "responses": {"200": {"description": "a pet"}},
            },
        },
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}},
                    {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["cat", "dog"]}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "pets"}},
            },
            "post": {
                "operationId": "addPet",
                "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                "responses": {
                    "201": {
                        "description": "made",
                        "links": {
                            "read": {
                                "operationId": "readPet",
                                "parameters": {"petId": "$response.body#/pet/number"},
                            }
                        },
                    }
                },
            },
        },
        "/pictures": {
            "post": {
                "operationId": "addPicture",
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["file"],
                                "properties": {
                                    "file": {"type": "string", "format": "binary"},
                                    "title": {"type": "string", "maxLength": 9},
                                },
                            }
                        }
                    }
                },
                "responses": {"201": {"description": "made"}},
            }
        },
        "/greeting": {
            "get": {
                "parameters": [
                    {
                        "name": "who",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "string"},
                        "example": "Ada",
                    }
                ],
                "responses": {"200": {"description": "text"}},
            }
        },
    },
    "components": {
        "parameters": {
            "PetId": {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
        },
        "requestBodies": {
            "Pet": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
        },
        "schemas": {
            "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "Pet": {
                "allOf": [
                    {"$ref": "#/components/schemas/Named"},
                    {
                        "type": "object",
                        "required": ["id"],
                        "properties": {
                            "id": {"type": "integer", "readOnly": True},
                            "born": {"type": "string", "format": "date"},
                            "seen": {"type": "string", "format": "date-time"},
                            "mail": {"type": "string", "format": "email"},
                            "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$"},
                            "weight": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                            "note": {"type": "string", "nullable": True},
                            "tags": {"type": "array", "items": {"type": "string"}},
                            "parent": {"$ref": "#/components/schemas/Pet"},
                        },
                    },
                ]
            },
        },
    },
}


def pets():
    return copy.deepcopy(PETS)


def document(paths, version="3.1.0", **more):
    """A document with `paths` and what else is given at its top."""
    key = "swagger" if version == "2.0" else "openapi"
    return {key: version, "info": {"title": "t", "version": "1"}, "paths": paths, **more}


def posting(schema, media_type="application/json"):
    """A Path Item with a POST of a body by `schema`."""
    body = {"required": True, "content": {media_type: {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"200": {"description": "ok"}}}}
