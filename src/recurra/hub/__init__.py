"""Models on the Hugging Face Hub: ``hf://owner/name`` names one to load, and :func:`push` writes one."""

from recurra.hub.address import PREFIX, HubAddress, display_folder
from recurra.hub.download import local_path
from recurra.hub.upload import Pushed, push

__all__ = ["PREFIX", "HubAddress", "Pushed", "display_folder", "local_path", "push"]
