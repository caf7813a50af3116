"""The recurrence: what each cell computes (``cells``) and the engines that compute it (``engines``)."""
