"""The page: one document for every address of it, and the files it needs."""

from importlib.resources import as_file, files

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

ADDRESSES = ("/", "/units/{unit}", "/alerts", "/alerts/{alert:path}", "/cohorts")


def routes() -> APIRouter:
    """Routes of the page; they are no part of the API."""
    with as_file(files("streams.serve").joinpath("page")) as folder:
        router = APIRouter(include_in_schema=False)

        async def document() -> FileResponse:
            return FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

        for address in ADDRESSES:
            router.add_api_route(address, document, methods=["GET"])
        router.routes.append(Mount("/page", StaticFiles(directory=folder)))
        return router
