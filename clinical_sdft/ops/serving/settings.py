"""Where the model in force is served, and how carefully it is handed off."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ServingSettings(BaseModel):
    """The table `[serving]` of a workspace's settings; docs/serving.md explains it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: tuple[str, ...] = Field(default=(), description="URLs of the vLLM servers; all answer for one model")
    adapters_path: str = Field(default="", description="where the servers see serving/adapters; empty: the same path")
    canary_prompts: int = Field(default=8, ge=1, description="questions each server must answer before the switch")
    canary_agreement: float = Field(default=1.0, ge=0, le=1, description="least share equal to the evaluation's reply")
    answer_seconds: float = Field(default=60.0, gt=0, description="longest wait for one answer of a server")
    drain_seconds: float = Field(default=120.0, ge=0, description="longest wait for requests to the old adapter")
    mlflow_uri: str = Field(default="", description="MLflow tracking URI to mirror to; empty: no mirror")
    mlflow_name: str = Field(default="clinical-sdft", min_length=1, description="registered model in MLflow")

    @field_validator("servers")
    @classmethod
    def _are_urls(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            parts = urlsplit(server)
            odd = parts.query or parts.username or parts.port == 0
            if parts.scheme not in ("http", "https") or not parts.hostname or odd:
                raise ValueError("a server is written like http://host:8000, without credentials")
        if len({server.rstrip("/") for server in servers}) < len(servers):
            raise ValueError("a server is named twice")
        return servers
