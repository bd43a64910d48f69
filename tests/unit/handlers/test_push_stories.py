"""Three writers at once lose nothing; the benchmark `push_lost` plays many more of these."""

from __future__ import annotations

import pytest

from tests.equipment.order_stories import OrderStory, OrderStoryV2
from tests.equipment.planned_stories import PlannedStory, PlannedStoryV2
from tests.equipment.push_stories import Story, StoryV2


@pytest.mark.parametrize("seed", [*range(10), 12, 955])
def test_no_edit_is_lost_no_order_comes_twice_and_all_is_settled(seed: int) -> None:
    assert Story(seed).play() == []


@pytest.mark.parametrize("seed", [*range(10), 30, 136])
def test_of_customer_orders_every_line_goes_where_it_belongs_or_is_held(seed: int) -> None:
    assert OrderStory(seed).play() == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("story", [StoryV2, OrderStoryV2])
def test_through_the_other_api_neither(story: type[Story], seed: int) -> None:
    assert story(seed).play() == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("story", [PlannedStory, PlannedStoryV2])
def test_beside_plans_neither_and_a_plan_writes_what_it_has_shown(story: type[Story], seed: int) -> None:
    assert story(seed).play() == []
