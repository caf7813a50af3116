"""Short tickets in Chinese and Japanese, which put no spaces between words."""

from __future__ import annotations

import itertools
import random

__all__ = ["LANGUAGES", "make_asian"]

# For each language: things, days, and per topic what is said of them.
LANGUAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    "chinese": (
        ("水壶", "台灯", "电饭锅", "书架", "吸尘器", "平底锅", "风扇", "被子", "镜子", "咖啡机"),
        ("周一", "周二", "上周", "昨天", "三天前", "月初"),
        {
            "账单": (
                "{thing}被扣了两次款，请退还多收的钱。",
                "{day}付款成功了，为什么还收到催款短信？",
                "买{thing}的发票抬头写错了，请重开。",
                "{thing}的优惠券没有抵扣，账单金额不对。",
            ),
            "配送": (
                "{thing}{day}就该送到，现在还没收到。",
                "物流信息从{day}起就没有更新，{thing}在哪里？",
                "快递把{thing}放在了邻居家，我没有签收。",
                "请把{thing}改送到公司地址。",
            ),
            "账户": (
                "从{day}开始就登录不了，提示密码错误。",
                "收不到验证码，账户被锁定了。",
                "我{day}换了手机号，请帮我修改绑定。",
                "怎样注销账户并删除个人资料？",
            ),
            "退货": (
                "{day}收到的{thing}是坏的，我要退货。",
                "{thing}颜色不对，可以换一个吗？",
                "{thing}用了一周就不工作了，请退款。",
                "{day}寄回的{thing}一直没有消息。",
            ),
        },
    ),
    "japanese": (
        ("やかん", "電気スタンド", "炊飯器", "本棚", "掃除機", "フライパン", "扇風機", "布団", "鏡", "電気ポット"),
        ("月曜日", "火曜日", "先週", "昨日", "三日前", "月初め"),
        {
            "請求": (
                "{thing}の代金が二重に請求されています。",
                "{day}に支払ったのに督促のメールが届きました。",
                "{thing}の領収書の宛名が間違っています。",
                "{thing}を買ったとき、クーポンが請求額に反映されていません。",
            ),
            "配送": (
                "{day}に届くはずの{thing}がまだ届きません。",
                "{thing}の追跡情報が{day}から変わっていません。",
                "留守中に{thing}が隣の家に届けられました。",
                "{thing}の届け先を会社に変更してください。",
            ),
            "会員": (
                "{day}からログインできません。パスワードが違うと出ます。",
                "認証コードが届かず、会員ページに入れません。",
                "{day}に電話番号が変わったので登録を直してください。",
                "退会して個人情報を消したいのですが。",
            ),
            "返品": (
                "{day}に届いた{thing}が壊れていました。返品したいです。",
                "{thing}の色が違うので交換できますか。",
                "{thing}が一週間で動かなくなりました。返金してください。",
                "{day}に返送した{thing}について連絡がありません。",
            ),
        },
    ),
}  # fmt: skip


def make_asian(language: str, *, seed: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Distinct (text, label) rows to learn from, and a fifth of them to test with."""
    things, days, topics = LANGUAGES[language]
    rows = {
        pattern.format(thing=thing, day=day): topic
        for topic, patterns in topics.items()
        for pattern, thing, day in itertools.product(patterns, things, days)
    }
    mixed = list(rows.items())
    random.Random(seed).shuffle(mixed)
    return mixed[len(mixed) // 5 :], mixed[: len(mixed) // 5]
